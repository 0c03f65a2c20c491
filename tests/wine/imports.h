/* Puts a function of ours in the place of one that the running program imports by name. */
#pragma once
#include <windows.h>

static void replace_import(const char *wanted, void *with, void **old)
{
    BYTE *base = (BYTE *)GetModuleHandleW(NULL);
    IMAGE_NT_HEADERS64 *nt = (void *)(base + ((IMAGE_DOS_HEADER *)base)->e_lfanew);
    DWORD at = nt->OptionalHeader.DataDirectory[IMAGE_DIRECTORY_ENTRY_IMPORT].VirtualAddress;
    IMAGE_IMPORT_DESCRIPTOR *library = (void *)(base + at);
    for (; at && library->Name; library++) {
        DWORD first = library->OriginalFirstThunk ? library->OriginalFirstThunk : library->FirstThunk;
        IMAGE_THUNK_DATA64 *name = (void *)(base + first), *slot = (void *)(base + library->FirstThunk);
        for (; name->u1.AddressOfData; name++, slot++) {
            DWORD protection;
            if (IMAGE_SNAP_BY_ORDINAL64(name->u1.Ordinal)) continue;
            if (lstrcmpA((char *)((IMAGE_IMPORT_BY_NAME *)(base + name->u1.AddressOfData))->Name, wanted)) continue;
            if (old) *old = (void *)slot->u1.Function;
            VirtualProtect(slot, sizeof *slot, PAGE_READWRITE, &protection);
            slot->u1.Function = (ULONG_PTR)with;
            VirtualProtect(slot, sizeof *slot, protection, &protection);
        }
    }
}
