package dev.lamina.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reads made-up system files. */
class MachineTest {
    @TempDir
    private Path root;

    @Test
    void intelWithVersion2Quota() throws IOException {
        write("proc/cpuinfo", "processor\t: 0\nmodel name\t: Some CPU\nflags\t\t: fpu avx2 fma avx512f amx_bf16\n");
        write("proc/self/cgroup", "0::/a/b\n");
        write("sys/fs/cgroup/a/b/cpu.max", "max 100000\n");
        write("sys/fs/cgroup/a/cpu.max", "150000 100000\n");
        Machine machine = Machine.read(root);
        assertEquals("Some CPU", machine.cpu());
        assertEquals(List.of("avx2", "fma", "avx512f", "amx_bf16"), machine.features());
        assertEquals(OptionalDouble.of(1.5), machine.quota());
        assertTrue(machine.processorsText().endsWith(", the control group grants 1.50"), machine.processorsText());
    }

    @Test
    void armWithVersion1Quota() throws IOException {
        write("proc/cpuinfo", "processor : 0\nFeatures : fp asimd sve\nCPU part : 0xd40\n");
        write("proc/self/cgroup", "3:cpu,cpuacct:/x\n2:memory:/x\n");
        write("sys/fs/cgroup/cpu/x/cpu.cfs_quota_us", "50000\n");
        write("sys/fs/cgroup/cpu/x/cpu.cfs_period_us", "100000\n");
        Machine machine = Machine.read(root);
        assertEquals("0xd40", machine.cpu());
        assertEquals(List.of("asimd", "sve"), machine.features());
        assertEquals(OptionalDouble.of(0.5), machine.quota());
    }

    @Test
    void otherSystemsHaveNoSuchFiles() {
        Machine machine = Machine.read(root);
        assertEquals(System.getProperty("os.arch"), machine.cpu());
        assertEquals(List.of(), machine.features());
        assertEquals(OptionalDouble.empty(), machine.quota());
        assertTrue(machine.processors() >= 1);
    }

    @Test
    void groupOutsideTheContainerFallsBackToItsMount() throws IOException {
        write("proc/self/cgroup", "0::/../../elsewhere\n");
        write("sys/fs/cgroup/cpu.max", "200000 100000\n");
        assertEquals(OptionalDouble.of(2), Machine.read(root).quota());
    }

    private void write(String file, String text) throws IOException {
        Files.createDirectories(root.resolve(file).getParent());
        Files.writeString(root.resolve(file), text);
    }
}
