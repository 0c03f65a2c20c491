/* The Linux side of standin.c: one TUN device for each connection, gone with it. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "wire.h"

enum { DONE = 0, GENERAL_FAILURE = 31, ALREADY_EXISTS = 183 };

static char name[IFNAMSIZ];

static int whole(int fd, void *at, size_t left, int out)
{
    for (char *c = at; left;) {
        ssize_t count = out ? write(fd, c, left) : read(fd, c, left);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return 0;
        c += count;
        left -= count;
    }
    return 1;
}

static uint32_t run(const char *format, ...)
{
    char command[512];
    va_list words;
    va_start(words, format);
    vsnprintf(command, sizeof command, format, words);
    va_end(words);
    fprintf(stderr, "bridge: %s\n", command);
    return system(command) ? GENERAL_FAILURE : DONE;
}

static void reply(int client, uint32_t status)
{
    char frame[HEAD_BYTES + 8];
    uint32_t size = htonl(9), word = htonl(status), index = htonl(if_nametoindex(name));
    memcpy(frame, &size, 4);
    frame[4] = REPLY;
    memcpy(frame + 5, &word, 4);
    memcpy(frame + 9, &index, 4);
    whole(client, frame, sizeof frame, 1);
}

static uint32_t create(int *tun, const unsigned char *wanted, int length)
{
    struct ifreq request = {0};
    snprintf(name, sizeof name, "%.*s", length, (const char *)wanted);
    memcpy(request.ifr_name, name, sizeof name);
    request.ifr_flags = IFF_TUN | IFF_NO_PI;
    *tun = open("/dev/net/tun", O_RDWR | O_NONBLOCK);
    return ioctl(*tun, TUNSETIFF, &request) ? ALREADY_EXISTS : DONE;
}

static uint32_t number(const unsigned char *at)
{
    uint32_t value;
    memcpy(&value, at, 4);
    return ntohl(value);
}

static void serve(int client)
{
    static unsigned char said[PACKET_BYTES + 1], packet[HEAD_BYTES + PACKET_BYTES];
    int tun = -1, started = 0, yes = 1;
    setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    for (;;) {
        struct pollfd ready[2] = {{client, POLLIN, 0}, {started ? tun : -1, POLLIN, 0}};
        uint32_t size;
        ssize_t count;
        poll(ready, 2, -1);
        while (ready[1].revents && (count = read(tun, packet + HEAD_BYTES, PACKET_BYTES)) > 0) {
            size = htonl(count + 1);
            memcpy(packet, &size, 4);
            packet[4] = PACKET;
            if (!whole(client, packet, HEAD_BYTES + count, 1)) return;
        }
        if (!ready[0].revents) continue;
        if (!whole(client, &size, 4, 0)) return;
        size = ntohl(size);
        if (size < 1 || size > sizeof said || !whole(client, said, size, 0)) return;
        switch (said[0]) {
        case CREATE:
            reply(client, create(&tun, said + 1, size - 1));
            break;
        case ADDRESS:
            reply(client, run("ip address add %u.%u.%u.%u/%u broadcast + dev %s && ip link set %s up", said[1], said[2],
                              said[3], said[4], said[5], name, name));
            break;
        case MTU:
            reply(client, run("ip link set %s mtu %u", name, number(said + 1)));
            break;
        case METRIC:
            /* Windows sends a broadcast, and opens a group, at the interface with the best metric. */
            reply(client, number(said + 1) > 1 ? DONE
                                               : run("ip route add 255.255.255.255/32 dev %s scope link && "
                                                     "ip route add 224.0.0.0/4 dev %s scope link",
                                                     name, name));
            break;
        case START:
            started = 1;
            reply(client, DONE);
            break;
        case PACKET:
            if (write(tun, said + 1, size - 1) < 0) fprintf(stderr, "bridge: %u bytes refused: %m\n", size - 1);
            break;
        }
    }
}

int main(void)
{
    int listener = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(BRIDGE_PORT)};
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(listener, (void *)&at, sizeof at) || listen(listener, 4)) {
        perror("bridge");
        return 1;
    }
    fprintf(stderr, "bridge: ready\n");
    for (;;) {
        int client = accept(listener, 0, 0);
        if (client < 0) continue;
        if (!fork()) {
            close(listener);
            serve(client);
            fprintf(stderr, "bridge: %s goes\n", name);
            _exit(0);
        }
        close(client);
        while (waitpid(-1, 0, WNOHANG) > 0) {
        }
    }
}
