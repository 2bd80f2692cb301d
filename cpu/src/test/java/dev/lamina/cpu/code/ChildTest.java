package dev.lamina.cpu.code;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What needs a JVM of its own. */
class ChildTest {
    @TempDir
    Path folder;

    @BeforeEach
    void needsMachineCode() {
        assumeTrue(Isa.detect().vectorBits() > 0, Isa::refusal);
    }

    @Test
    void aSystemThatForbidsExecutableMemoryIsAnExceptionAndNoMachineCode() throws Exception {
        assumeTrue(System.getProperty("os.name").equals("Linux"), "skipped: not Linux");
        Child.Result result = Child.run(folder, List.of(), "refused");
        assumeFalse(result.output().equals("no filter"), "skipped: the system allows no filter");
        String message = "the system gives no executable memory (4 KB asked for, 0 bytes in use)";
        assertEquals(message + "|Isa[vectorBits=0, bf16=false, amx=false]|" + message, result.output());
        assertEquals(0, result.status());
    }

    @ParameterizedTest
    @ValueSource(strings = {"at once", "later"})
    void plansThenRunInPlainJavaAndThatIsSaidOnce(String when) throws Exception {
        assumeTrue(System.getProperty("os.name").equals("Linux"), "skipped: not Linux");
        Child.Result result = Child.run(folder, List.of(), when);
        assumeFalse(result.output().equals("no filter"), "skipped: the system allows no filter");
        assertEquals(0, result.status(), result.output());
        String output = result.output();
        assertTrue(output.contains("[10. 20.]  f32 (2,)|[[ 8. 11.]"), output);
        assertTrue(output.contains("|plain Java loops (the system gives no executable memory"), output);
        assertEquals(2, output.split("no machine code, plain Java instead", -1).length, output);
    }

    @ParameterizedTest
    @ValueSource(strings = {"many", "0", "99999999999"})
    void aBadNumberOfThreadsIsSaidWheneverSomethingIsComputed(String threads) throws Exception {
        Child.Result result = Child.run(folder, List.of("-Dlamina.threads=" + threads), "threads");
        String message = "-Dlamina.threads: expected a number from 1 to 1024, got '" + threads
                + "'; use the number of processors|";
        assertEquals(message + message, result.output());
    }

    @ParameterizedTest
    @ValueSource(strings = {"before", "behind"})
    void aByteBesideGuardedMemoryEndsTheProcess(String where) throws Exception {
        Child.Result result = Child.run(folder, List.of(), where);
        assertTrue(result.output().startsWith("inside"), result.output());
        assertTrue(
                result.output().contains("SIGSEGV")
                        || !System.getProperty("os.name").equals("Linux"),
                result.output());
        assertNotEquals(0, result.status());
    }

    @Test
    void kernelsAreDumpedWithTheirListings() throws Exception {
        Path dump = folder.resolve("new/dump");
        Child.Result result = Child.run(folder, List.of("-Dlamina.dump=" + dump), "dump");
        assertEquals("", result.output());
        byte[] code = Files.readAllBytes(dump.resolve("00000-a_b_kernel.bin"));
        List<String> lines = Files.readAllLines(dump.resolve("00000-a_b_kernel.txt"));
        assertTrue(lines.get(0).startsWith("# a/b kernel, " + code.length + " bytes at "), lines.get(0));
        assertEquals("# reads a byte", lines.get(1));
        assertTrue(lines.stream().anyMatch(line -> line.endsWith("  movzx eax, BYTE PTR [rdi]")), lines.toString());
        assertTrue(lines.getLast().endsWith("  ret"));
    }
}
