/* What wine 8 lacks and our programs ask for. Built as bcryptprimitives.dll, which wine has not at all; it lies in the
 * test's own wine prefix, so nobody's computer ever meets it. */
#include <winsock2.h>
#include <ws2tcpip.h>
#include <windows.h>
#include "imports.h"

BOOLEAN NTAPI SystemFunction036(PVOID, ULONG);

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE data, SIZE_T length)
{
    return SystemFunction036(data, (ULONG)length);
}

static int(WINAPI *real_getsockopt)(SOCKET, int, int, char *, int *);

/* An IPv4 socket has this option on Windows; wine refuses to say so. */
static int WINAPI own_getsockopt(SOCKET s, int level, int name, char *value, int *length)
{
    int result = real_getsockopt(s, level, name, value, length);
    if (result && level == IPPROTO_IPV6 && name == IPV6_V6ONLY && WSAGetLastError() == WSAEOPNOTSUPP) {
        *(DWORD *)value = 1;
        *length = sizeof(DWORD);
        WSASetLastError(0);
        return 0;
    }
    return result;
}

BOOL WINAPI DllMain(HINSTANCE self, DWORD reason, void *reserved)
{
    if (reason == DLL_PROCESS_ATTACH) {
        replace_import("getsockopt", own_getsockopt, (void **)&real_getsockopt);
    }
    return TRUE;
}
