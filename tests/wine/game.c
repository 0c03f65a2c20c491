/* A LAN game for Windows, as the lab plays it:
 *   game host PORT GROUP     answers who asks everybody at PORT, by broadcast or in GROUP, and who connects there
 *   game search TO PORT      asks everybody, and names who answers
 *   game connect TO PORT     says something over TCP, and shows what comes back */
#include <winsock2.h>
#include <ws2tcpip.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATIENCE_MS = 3000 };

static struct sockaddr_in address(const char *text, const char *port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(atoi(port))};
    at.sin_addr.s_addr = text ? inet_addr(text) : htonl(INADDR_ANY);
    return at;
}

static int fail(const char *what)
{
    printf("%s: error %d\n", what, WSAGetLastError());
    return 1;
}

static void limit(SOCKET s)
{
    int ms = PATIENCE_MS;
    setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, (char *)&ms, sizeof ms);
}

static int host(const char *port, const char *group)
{
    struct sockaddr_in own = address(NULL, port), from;
    struct ip_mreq join = {0};
    SOCKET udp = socket(AF_INET, SOCK_DGRAM, 0), tcp = socket(AF_INET, SOCK_STREAM, 0);
    char text[512];
    if (bind(udp, (void *)&own, sizeof own) || bind(tcp, (void *)&own, sizeof own) || listen(tcp, 4)) return fail("bind");
    /* It fails; but wine says of a socket whose it is only once its program has used it. */
    u_long never_wait = 1;
    ioctlsocket(tcp, FIONBIO, &never_wait);
    recv(tcp, text, sizeof text, 0);
    join.imr_multiaddr.s_addr = inet_addr(group);
    if (setsockopt(udp, IPPROTO_IP, IP_ADD_MEMBERSHIP, (char *)&join, sizeof join)) return fail("join");
    printf("hosting\n");
    for (;;) {
        fd_set ready;
        FD_ZERO(&ready);
        FD_SET(udp, &ready);
        FD_SET(tcp, &ready);
        if (select(0, &ready, NULL, NULL, NULL) < 0) return fail("select");
        if (FD_ISSET(udp, &ready)) {
            int size = sizeof from, count = recvfrom(udp, text, sizeof text, 0, (void *)&from, &size);
            if (count < 0) continue;
            printf("asked by %s\n", inet_ntoa(from.sin_addr));
            sendto(udp, "I host", 6, 0, (void *)&from, size);
        }
        if (FD_ISSET(tcp, &ready)) {
            SOCKET player = accept(tcp, NULL, NULL);
            u_long wait = 0;
            ioctlsocket(player, FIONBIO, &wait);
            limit(player);
            int count = recv(player, text, sizeof text, 0);
            if (count > 0) send(player, text, count, 0);
            shutdown(player, SD_SEND);
            closesocket(player);
        }
    }
}

static int search(const char *to, const char *port)
{
    struct sockaddr_in everybody = address(to, port), from;
    SOCKET s = socket(AF_INET, SOCK_DGRAM, 0);
    int yes = 1, size = sizeof from, count;
    char text[512];
    setsockopt(s, SOL_SOCKET, SO_BROADCAST, (char *)&yes, sizeof yes);
    limit(s);
    if (sendto(s, "who hosts?", 10, 0, (void *)&everybody, sizeof everybody) < 0) return fail("send");
    count = recvfrom(s, text, sizeof text, 0, (void *)&from, &size);
    if (count < 0) return fail("no answer");
    printf("%.*s at %s\n", count, text, inet_ntoa(from.sin_addr));
    return 0;
}

static int join(const char *to, const char *port)
{
    struct sockaddr_in at = address(to, port);
    SOCKET s = socket(AF_INET, SOCK_STREAM, 0);
    char text[512];
    limit(s);
    if (connect(s, (void *)&at, sizeof at)) return fail("connect");
    send(s, "hello over TCP", 14, 0);
    int count = recv(s, text, sizeof text, 0);
    if (count <= 0) return fail("no answer");
    printf("%.*s came back\n", count, text);
    return 0;
}

int main(int count, char **words)
{
    WSADATA wsa;
    setvbuf(stdout, NULL, _IONBF, 0);
    WSAStartup(MAKEWORD(2, 2), &wsa);
    if (count == 4 && !strcmp(words[1], "host")) return host(words[2], words[3]);
    if (count == 4 && !strcmp(words[1], "search")) return search(words[2], words[3]);
    if (count == 4 && !strcmp(words[1], "connect")) return join(words[2], words[3]);
    printf("game host PORT GROUP | search TO PORT | connect TO PORT\n");
    return 2;
}
