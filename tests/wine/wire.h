/* What the stand-in and the bridge say to each other: four bytes of length, one of kind, and what the kind has. */
#pragma once

#define BRIDGE_PORT 51999
#define PACKET_BYTES 65535
#define HEAD_BYTES 5

enum {
    CREATE = 'C',  /* a device of this name */
    ADDRESS = 'A', /* IPv4 address and prefix length */
    MTU = 'M',
    METRIC = 'R',
    START = 'S',  /* packets may come */
    PACKET = 'P', /* in both directions */
    REPLY = 'r',  /* a Windows error code and the device's index */
};
