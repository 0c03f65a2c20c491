/* A stand-in for wintun.dll, for tests under wine: the Wintun API (wintun.h of version 0.14) over a TCP connection to a
 * Linux process, bridge.c, that owns a real TUN device. It also puts in what wine's iphlpapi lacks to set that device up.
 *
 * With WINTUN_STANDIN_DENY in the environment it refuses to make an adapter, as the driver does for who is no administrator. */
#define WIN32_LEAN_AND_MEAN
#define _WIN32_WINNT 0x0A00
#include <winsock2.h>
#include <ws2tcpip.h>
#include <windows.h>
#include <iphlpapi.h>
#include <netioapi.h>
#include <stdlib.h>
#include <string.h>
#include "imports.h"
#include "wire.h"

#define SLOTS 1024

typedef struct {
    DWORD size;
    BYTE data[PACKET_BYTES];
} Slot;

/* Adapter and session in one: there is one session of each adapter. Small and few: none is ever freed. */
typedef struct {
    SOCKET socket;
    HANDLE reply, readable;
    CRITICAL_SECTION sending, ring;
    DWORD status, index, mtu, metric, head, tail;
    ULONG64 luid;
    Slot *slots;
    volatile LONG started, dead;
} Adapter;

static Adapter *current;
static void(WINAPI *logger)(int, DWORD64, LPCWSTR);

static void *fail(DWORD code, const WCHAR *text)
{
    if (logger) logger(2, 0, text);
    SetLastError(code);
    return NULL;
}

static int receive_all(SOCKET s, char *to, int left)
{
    while (left > 0) {
        int count = recv(s, to, left, 0);
        if (count <= 0) return 0;
        to += count;
        left -= count;
    }
    return 1;
}

static int send_frame(Adapter *a, char kind, const void *data, DWORD length)
{
    static __thread char frame[HEAD_BYTES + PACKET_BYTES];
    DWORD size = htonl(length + 1);
    int sent = 0, whole = HEAD_BYTES + length;
    memcpy(frame, &size, 4);
    frame[4] = kind;
    memcpy(frame + HEAD_BYTES, data, length);
    EnterCriticalSection(&a->sending);
    while (sent < whole) {
        int count = send(a->socket, frame + sent, whole - sent, 0);
        if (count <= 0) break;
        sent += count;
    }
    LeaveCriticalSection(&a->sending);
    return sent == whole;
}

/* Asks the bridge for something, and waits for its word. */
static DWORD ask(Adapter *a, char kind, const void *data, DWORD length)
{
    ResetEvent(a->reply);
    if (!send_frame(a, kind, data, length)) return ERROR_GEN_FAILURE;
    if (WaitForSingleObject(a->reply, 10000) != WAIT_OBJECT_0) return ERROR_TIMEOUT;
    return a->dead ? ERROR_GEN_FAILURE : a->status;
}

static void take_packet(Adapter *a, const char *data, DWORD size)
{
    EnterCriticalSection(&a->ring);
    if (a->started && a->tail - a->head < SLOTS) {
        Slot *slot = &a->slots[a->tail++ % SLOTS];
        slot->size = size;
        memcpy(slot->data, data, size);
    }
    LeaveCriticalSection(&a->ring);
    SetEvent(a->readable);
}

static DWORD WINAPI receive(void *adapter)
{
    Adapter *a = adapter;
    char *frame = malloc(PACKET_BYTES + 1);
    DWORD size, word[2];
    while (receive_all(a->socket, (char *)&size, 4)) {
        size = ntohl(size);
        if (size < 1 || size > PACKET_BYTES + 1 || !receive_all(a->socket, frame, size)) break;
        if (frame[0] == PACKET) {
            take_packet(a, frame + 1, size - 1);
        } else if (frame[0] == REPLY && size == 1 + sizeof word) {
            memcpy(word, frame + 1, sizeof word);
            a->status = ntohl(word[0]);
            a->index = ntohl(word[1]);
            SetEvent(a->reply);
        }
    }
    free(frame);
    InterlockedExchange(&a->dead, 1);
    SetEvent(a->readable);
    SetEvent(a->reply);
    return 0;
}

__declspec(dllexport) Adapter *WINAPI WintunCreateAdapter(LPCWSTR name, LPCWSTR type, const GUID *guid)
{
    char text[64] = {0};
    WSADATA wsa;
    NET_LUID luid = {0};
    struct sockaddr_in bridge = {.sin_family = AF_INET, .sin_port = htons(BRIDGE_PORT)};
    int yes = 1;
    if (getenv("WINTUN_STANDIN_DENY")) {
        return fail(ERROR_ACCESS_DENIED, L"Failed to take device installation mutex: Access is denied. (Code 0x00000005)");
    }
    WSAStartup(MAKEWORD(2, 2), &wsa);
    WideCharToMultiByte(CP_UTF8, 0, name, -1, text, sizeof text - 1, NULL, NULL);
    Adapter *a = calloc(1, sizeof *a);
    InitializeCriticalSection(&a->sending);
    InitializeCriticalSection(&a->ring);
    a->reply = CreateEventW(NULL, TRUE, FALSE, NULL);
    a->readable = CreateEventW(NULL, FALSE, FALSE, NULL);
    a->slots = calloc(SLOTS, sizeof *a->slots);
    a->mtu = 1500;
    bridge.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    a->socket = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(a->socket, (struct sockaddr *)&bridge, sizeof bridge)) {
        return fail(ERROR_GEN_FAILURE, L"Failed to reach the bridge (Code 0x0000001F)");
    }
    setsockopt(a->socket, IPPROTO_TCP, TCP_NODELAY, (char *)&yes, sizeof yes);
    CloseHandle(CreateThread(NULL, 0, receive, a, 0, NULL));
    DWORD status = ask(a, CREATE, text, strlen(text));
    /* wine sees the new interface a moment later. */
    for (int tries = 0; !status && tries < 50; tries++) {
        if (!ConvertInterfaceIndexToLuid(a->index, &luid)) break;
        Sleep(20);
    }
    a->luid = luid.Value;
    if (status || !a->luid) {
        closesocket(a->socket);
        return fail(status ? status : ERROR_GEN_FAILURE, L"Failed to create adapter (Code 0x0000001F)");
    }
    current = a;
    if (logger) logger(0, 0, L"Stand-in for an adapter made");
    return a;
}

__declspec(dllexport) Adapter *WINAPI WintunOpenAdapter(LPCWSTR name)
{
    return fail(ERROR_NOT_FOUND, L"Failed to find matching adapter name: Element not found. (Code 0x00000490)");
}

__declspec(dllexport) void WINAPI WintunCloseAdapter(Adapter *a)
{
    if (!a) return;
    shutdown(a->socket, SD_BOTH);
    closesocket(a->socket);
    if (current == a) current = NULL;
}

__declspec(dllexport) void WINAPI WintunGetAdapterLUID(Adapter *a, NET_LUID *luid) { luid->Value = a->luid; }
__declspec(dllexport) DWORD WINAPI WintunGetRunningDriverVersion(void) { return 14; }
__declspec(dllexport) BOOL WINAPI WintunDeleteDriver(void) { return TRUE; }
__declspec(dllexport) void WINAPI WintunSetLogger(void *callback) { logger = callback; }

__declspec(dllexport) Adapter *WINAPI WintunStartSession(Adapter *a, DWORD capacity)
{
    DWORD status = ask(a, START, "", 0);
    if (status) return fail(status, L"Failed to register rings (Code 0x0000001F)");
    InterlockedExchange(&a->started, 1);
    return a;
}

__declspec(dllexport) void WINAPI WintunEndSession(Adapter *a) { InterlockedExchange(&a->started, 0); }
__declspec(dllexport) HANDLE WINAPI WintunGetReadWaitEvent(Adapter *a) { return a->readable; }

__declspec(dllexport) BYTE *WINAPI WintunReceivePacket(Adapter *a, DWORD *size)
{
    BYTE *packet = NULL;
    EnterCriticalSection(&a->ring);
    if (a->head != a->tail) {
        Slot *slot = &a->slots[a->head++ % SLOTS];
        packet = malloc(slot->size + 1);
        memcpy(packet, slot->data, slot->size);
        *size = slot->size;
    }
    LeaveCriticalSection(&a->ring);
    if (!packet) SetLastError(a->dead ? ERROR_HANDLE_EOF : ERROR_NO_MORE_ITEMS);
    return packet;
}

__declspec(dllexport) void WINAPI WintunReleaseReceivePacket(Adapter *a, const BYTE *packet) { free((void *)packet); }

/* The size stands before the packet. */
__declspec(dllexport) BYTE *WINAPI WintunAllocateSendPacket(Adapter *a, DWORD size)
{
    DWORD *whole;
    if (a->dead) {
        SetLastError(ERROR_HANDLE_EOF);
        return NULL;
    }
    whole = malloc(size + 2 * sizeof *whole);
    *whole = size;
    return (BYTE *)(whole + 1);
}

__declspec(dllexport) void WINAPI WintunSendPacket(Adapter *a, const BYTE *packet)
{
    DWORD *whole = (DWORD *)packet - 1;
    send_frame(a, PACKET, packet, *whole);
    free(whole);
}

/* What wine's iphlpapi lacks, for the one adapter. */

static VOID WINAPI init_address(PMIB_UNICASTIPADDRESS_ROW row)
{
    memset(row, 0, sizeof *row);
    row->PrefixOrigin = row->SuffixOrigin = 10000;
    row->OnLinkPrefixLength = 255;
    row->ValidLifetime = row->PreferredLifetime = 0xffffffff;
}

static DWORD WINAPI create_address(const MIB_UNICASTIPADDRESS_ROW *row)
{
    BYTE word[5];
    Adapter *a = current;
    if (!a || row->InterfaceLuid.Value != a->luid) return ERROR_NOT_FOUND;
    memcpy(word, &row->Address.Ipv4.sin_addr, 4);
    word[4] = row->OnLinkPrefixLength;
    return ask(a, ADDRESS, word, sizeof word);
}

static DWORD WINAPI no_address(MIB_UNICASTIPADDRESS_ROW *row) { return ERROR_NOT_FOUND; }

static DWORD WINAPI get_interface(PMIB_IPINTERFACE_ROW row)
{
    Adapter *a = current;
    if (!a || row->InterfaceLuid.Value != a->luid) return ERROR_NOT_FOUND;
    row->InterfaceIndex = a->index;
    row->NlMtu = a->mtu;
    row->Metric = a->metric ? a->metric : 25;
    row->UseAutomaticMetric = !a->metric;
    row->Connected = TRUE;
    return NO_ERROR;
}

static DWORD WINAPI set_interface(PMIB_IPINTERFACE_ROW row)
{
    Adapter *a = current;
    DWORD value, status = NO_ERROR;
    if (!a || row->InterfaceLuid.Value != a->luid) return ERROR_NOT_FOUND;
    if (row->Family != AF_INET) return NO_ERROR;
    if (row->NlMtu != a->mtu) {
        a->mtu = row->NlMtu;
        value = htonl(a->mtu);
        status = ask(a, MTU, &value, sizeof value);
    }
    if (!status && !row->UseAutomaticMetric && row->Metric != a->metric) {
        a->metric = row->Metric;
        value = htonl(a->metric);
        status = ask(a, METRIC, &value, sizeof value);
    }
    return status;
}

BOOL WINAPI DllMain(HINSTANCE self, DWORD reason, void *reserved)
{
    if (reason == DLL_PROCESS_ATTACH) {
        HMODULE pinned;
        DWORD how = GET_MODULE_HANDLE_EX_FLAG_PIN | GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS;
        GetModuleHandleExW(how, (LPCWSTR)DllMain, &pinned);
        replace_import("InitializeUnicastIpAddressEntry", init_address, NULL);
        replace_import("CreateUnicastIpAddressEntry", create_address, NULL);
        replace_import("DeleteUnicastIpAddressEntry", no_address, NULL);
        replace_import("GetUnicastIpAddressEntry", no_address, NULL);
        replace_import("GetIpInterfaceEntry", get_interface, NULL);
        replace_import("SetIpInterfaceEntry", set_interface, NULL);
    }
    return TRUE;
}
