package dev.lamina.cpu.code;

/** Memory from the system in whole pages, whose use can be restricted. */
final class Pages {
    static final int SIZE = 4096;

    private static final int READ_WRITE = 3;
    private static final int READ_EXECUTE = 5;
    private static final int PRIVATE_ANONYMOUS =
            System.getProperty("os.name", "").startsWith("Mac") ? 0x1002 : 0x22;

    private Pages() {}

    static long round(long bytes) {
        return Math.ceilDiv(bytes, SIZE) * SIZE;
    }

    /** Zeroed memory that can be read and written; 0 if the system refuses. */
    static long map(long bytes) {
        if (Native.isWindows()) {
            return Native.system("VirtualAlloc", 0, bytes, 0x3000, 4, 0, 0);
        }
        long address = Native.system("mmap", 0, bytes, READ_WRITE, PRIVATE_ANONYMOUS, -1, 0);
        return address == -1 ? 0 : address;
    }

    /** Makes the memory executable and no longer writable; false if the system refuses. */
    static boolean makeExecutable(long address, long bytes) {
        return protect(address, bytes, READ_EXECUTE, 0x20);
    }

    /** Makes the memory such that touching it ends the process; for tests. */
    static boolean makeUntouchable(long address, long bytes) {
        return protect(address, bytes, 0, 1);
    }

    private static boolean protect(long address, long bytes, int access, int accessOnWindows) {
        if (Native.isWindows()) {
            // The system wants to write the former access somewhere.
            try (var arena = java.lang.foreign.Arena.ofConfined()) {
                long before = arena.allocate(4, 4).address();
                return (int) Native.system("VirtualProtect", address, bytes, accessOnWindows, before, 0, 0) != 0;
            }
        }
        return (int) Native.system("mprotect", address, bytes, access, 0, 0, 0) == 0;
    }

    static void unmap(long address, long bytes) {
        if (Native.isWindows()) {
            Native.system("VirtualFree", address, 0, 0x8000, 0, 0, 0);
        } else {
            Native.system("munmap", address, bytes, 0, 0, 0, 0);
        }
    }
}
