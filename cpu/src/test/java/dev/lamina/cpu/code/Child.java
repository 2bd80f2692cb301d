package dev.lamina.cpu.code;

import dev.lamina.core.LaminaException;
import dev.lamina.core.Tensor;
import dev.lamina.core.backend.Backends;
import dev.lamina.core.compiler.Rehearsal;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A JVM of its own for what would end or change the JVM of the tests. */
final class Child {
    private static final int NO_NEW_PRIVILEGES = 38;
    private static final int SECCOMP = 317;

    /** How a child ended. */
    record Result(int status, String output) {}

    private Child() {}

    /** Runs {@link #main} with the options of the JVM and the argument. */
    static Result run(Path folder, List<String> options, String argument) throws Exception {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(
                List.of("-Xshare:auto", "-Xmx64m", "-XX:TieredStopAtLevel=1", "--enable-native-access=ALL-UNNAMED"));
        command.addAll(List.of("-XX:-CreateCoredumpOnCrash", "-XX:ErrorFile=" + folder.resolve("error.log")));
        command.addAll(options);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Child.class.getName(), argument));
        Path output = folder.resolve("output");
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        if (!process.waitFor(60, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new IllegalStateException("the child does not end");
        }
        return new Result(process.exitValue(), java.nio.file.Files.readString(output));
    }

    /** The child. Its output is for the test that started it. */
    public static void main(String[] arguments) throws Exception {
        switch (arguments[0]) {
            case "refused" -> refused();
            case "before", "behind" -> touch(arguments[0].equals("before"));
            case "threads" -> settings();
            case "dump" -> publish("a/b kernel");
            case "at once", "later" -> fallback(arguments[0].equals("later"));
            default -> throw new IllegalArgumentException(arguments[0]);
        }
    }

    /** A bad setting is the same error each time. */
    private static void settings() {
        Rehearsal.start();
        for (int i = 0; i < 2; i++) {
            try {
                System.out.print(Tensor.scalar(1.0).add(1).item());
            } catch (LaminaException e) {
                System.out.print(e.getMessage() + "|");
            }
        }
    }

    private static void refused() {
        if (!forbidExecutableMemory()) {
            System.out.print("no filter");
            return;
        }
        try {
            publish("kernel");
            System.out.print("published");
        } catch (CodeException e) {
            System.out.print(e.getMessage() + "|" + Isa.machine() + "|" + Isa.refusal());
        }
    }

    /** Two plans on a system that refuses, from the start or after the processor was asked. */
    private static void fallback(boolean later) {
        if (later && Isa.machine().vectorBits() == 0) {
            throw new IllegalStateException(Isa.refusal());
        }
        if (!forbidExecutableMemory()) {
            System.out.print("no filter");
            return;
        }
        Tensor x = Tensor.of(new float[] {1, 2, 3, 4}, 2, 2);
        String sums = x.mul(x).sum(0).toString();
        System.out.println(
                sums + "|" + x.matmul(x).add(1) + "|" + Backends.current().describe());
    }

    /** From now on the system refuses to make memory executable, as hardened systems do. */
    private static boolean forbidExecutableMemory() {
        long[] program = {
            instruction(0x20, 0, 0, 0), // the number of the call
            instruction(0x15, 0, 3, 10), // mprotect? else allow
            instruction(0x20, 0, 0, 32), // its third argument
            instruction(0x45, 0, 1, 4), // with PROT_EXEC? else allow
            instruction(0x06, 0, 0, 0x50001), // EPERM
            instruction(0x06, 0, 0, 0x7FFF0000) // allow
        };
        Arena arena = Arena.global();
        MemorySegment filter = arena.allocateFrom(ValueLayout.JAVA_LONG, program);
        MemorySegment header = arena.allocate(16, 8);
        header.set(ValueLayout.JAVA_SHORT, 0, (short) program.length);
        header.set(ValueLayout.JAVA_LONG, 8, filter.address());
        // For all threads of the process.
        return Native.system("prctl", NO_NEW_PRIVILEGES, 1, 0, 0, 0, 0) == 0
                && Native.system("syscall", SECCOMP, 1, 1, header.address(), 0, 0) == 0;
    }

    private static long instruction(int code, int yes, int no, int value) {
        return code | yes << 16 | no << 24 | (long) value << 32;
    }

    private static Entry publish(String name) throws CodeException {
        Assembler code = new Assembler();
        code.comment("reads a byte");
        Abi.host().prologue(code, 0);
        code.emit(Op.MOVZX8, Gpr.RAX, Mem.at(Gpr.RDI));
        Abi.host().epilogue(code);
        CodeBatch batch = new CodeBatch();
        Entry entry = batch.add(name, code);
        batch.publish();
        return entry;
    }

    private static void touch(boolean before) throws CodeException {
        Entry read = publish("read");
        GuardedMemory memory = before ? GuardedMemory.beginningAtGuard(100) : GuardedMemory.endingAtGuard(100);
        for (int i = 0; i < 100; i++) {
            read.call(memory.address() + i, 0, 0, 0);
        }
        System.out.print("inside");
        System.out.flush();
        read.call(memory.address() + (before ? -1 : 100), 0, 0, 0);
        System.out.print("outside");
    }
}
