package dev.lamina.core.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MemoryLimitTest {

    private static final long GB = 1L << 30;

    @TempDir
    Path root;

    @Test
    void leavesRoomForTheJavaHeap() {
        assertEquals(75 * GB, MemoryLimit.share(100 * GB, 25 * GB));
        assertEquals(25 * GB, MemoryLimit.share(100 * GB, 90 * GB));
        assertEquals(25 * GB, MemoryLimit.share(100 * GB, Long.MAX_VALUE));
        assertEquals(80 * GB, MemoryLimit.share(100 * GB, GB));
    }

    @Test
    void machineWithoutGroups() throws IOException {
        write("proc/meminfo", "MemTotal:       16777216 kB\nMemFree:  1 kB\n");
        assertEquals(16 * GB, MemoryLimit.physical(root));
    }

    @Test
    void secondVersionObeysTheTightestParent() throws IOException {
        machine("0::/system/app");
        write("sys/fs/cgroup/system/app/memory.max", "max\n");
        write("sys/fs/cgroup/system/memory.max", 2 * GB + "\n");
        assertEquals(2 * GB, MemoryLimit.physical(root));
        write("sys/fs/cgroup/system/app/memory.max", GB + "\n");
        assertEquals(GB, MemoryLimit.physical(root));
    }

    @Test
    void secondVersionInsideOfAContainer() throws IOException {
        machine("0::/../outer");
        write("sys/fs/cgroup/memory.max", 3 * GB + "\n");
        assertEquals(3 * GB, MemoryLimit.physical(root));
    }

    @Test
    void firstVersion() throws IOException {
        machine("5:cpu,cpuacct:/\n4:memory:/box\n0::/");
        write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
        assertEquals(16 * GB, MemoryLimit.physical(root));
        write("sys/fs/cgroup/memory/box/memory.limit_in_bytes", GB + "\n");
        assertEquals(GB, MemoryLimit.physical(root));
    }

    @Test
    void otherSystems() {
        long guess = MemoryLimit.physical(root);
        assertTrue(guess == Long.MAX_VALUE || guess == 4 * Runtime.getRuntime().maxMemory(), "guess " + guess);
    }

    private void machine(String groups) throws IOException {
        write("proc/meminfo", "MemTotal:       16777216 kB\n");
        write("proc/self/cgroup", groups + "\n");
    }

    private void write(String path, String text) throws IOException {
        Path file = root.resolve(path);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }
}
