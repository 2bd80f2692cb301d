package dev.lamina.cpu.code;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class IsaTest {
    @Test
    void whatIsFoundIsWhatTheSystemSays() throws IOException {
        Path file = Path.of("/proc/cpuinfo");
        assumeTrue(Files.exists(file), "skipped: not Linux");
        String line = Files.readAllLines(file).stream()
                .filter(text -> text.startsWith("flags"))
                .findFirst()
                .orElse("");
        Set<String> flags = new TreeSet<>(Arrays.asList(line.split("\\s+")));
        assumeTrue(flags.contains("fma"), "skipped: not x86-64 with FMA");
        Isa isa = Isa.detect();
        assertEquals(flags.containsAll(List.of("avx2", "f16c", "bmi1", "bmi2")), isa.vectorBits() >= 256);
        boolean wide = flags.containsAll(List.of("avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"));
        assertEquals(wide, isa.vectorBits() == 512);
        assertEquals(wide && flags.contains("avx512_bf16"), isa.bf16());
        assertEquals(wide && flags.containsAll(List.of("amx_tile", "amx_bf16", "amx_int8")), isa.amx());
    }

    @Test
    void optionsChooseAndAreChecked() {
        assertEquals(Isa.NONE, Isa.choose("none", ""));
        Isa found = Isa.detect();
        assertEquals(found.vectorBits(), Isa.choose("", "").vectorBits());
        assertEquals(new Isa(found.vectorBits(), found.bf16(), false), Isa.choose("", "false"));
        if (found.vectorBits() >= 256) {
            assertEquals(new Isa(256, false, false), Isa.choose("256", ""));
            refused(
                    "256",
                    "true",
                    "-Dlamina.amx: expected false, as this machine has no AMX or gives no permission or "
                            + "-Dlamina.vector is 256, got true; leave it out");
        }
        refused(
                "128",
                "",
                "-Dlamina.vector: expected none, 256 or 512, got '128'; leave it out to use what the processor has");
        refused(
                "",
                "yes",
                "-Dlamina.amx: expected true or false, got 'yes'; leave it out to use what the processor has");
    }

    private static void refused(String vector, String amx, String message) {
        assertEquals(
                message,
                assertThrows(IllegalArgumentException.class, () -> Isa.choose(vector, amx))
                        .getMessage());
    }

    @Test
    void cachesAreThoseOfTheSystem() throws IOException {
        Caches caches = Caches.machine();
        assertTrue(
                caches.l1() >= 8 << 10 && caches.l2() >= caches.l1() && caches.l3() >= caches.l2(), caches.toString());
        Path file = Path.of("/sys/devices/system/cpu/cpu0/cache/index0/size");
        assumeTrue(Isa.detect().vectorBits() > 0 && Files.exists(file), "skipped: the system does not say");
        assertEquals(caches.l1() / 1024 + "K", Files.readString(file).strip());
    }

    @Test
    void strangeCachesBecomeUsualOnes() {
        assertEquals(Caches.USUAL.l1(), Caches.sane(0, 0, 0).l1());
        assertEquals(new Caches(48 << 10, 2 << 20, 2 << 20), Caches.sane(48 << 10, 2 << 20, 0));
        assertEquals(new Caches(48 << 10, 1 << 20, 30 << 20), Caches.sane(48 << 10, 0, 30 << 20));
    }
}
