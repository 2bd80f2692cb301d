package dev.lamina.cpu.code;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lamina.cpu.Allocation;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.Reference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Code that runs: memory, calls, the calling convention. */
@Timeout(120)
class CodeTest {
    @BeforeEach
    void needsMachineCode() {
        assumeTrue(Isa.detect().vectorBits() > 0, Isa::refusal);
    }

    /** Stores a number at the address in the first argument. */
    private static Assembler store(long value) {
        Assembler code = new Assembler();
        Abi.host().prologue(code, 0);
        code.load(Gpr.RAX, value);
        code.emit(Op.MOV, Mem.at(Gpr.RDI), Gpr.RAX);
        Abi.host().epilogue(code);
        return code;
    }

    private static long run(Entry entry) {
        GuardedMemory memory = GuardedMemory.endingAtGuard(8);
        entry.call(memory.address(), 0, 0, 0);
        return memory.segment().get(ValueLayout.JAVA_LONG, 0);
    }

    @Test
    void aBatchRunsAfterItIsPublished() throws CodeException {
        CodeBatch batch = new CodeBatch();
        List<Entry> entries = new ArrayList<>();
        long[] values = {0, 1, -1, 0x7FFFFFFF, 0x80000000L, 0xFFFFFFFFL, 0x100000000L, Long.MIN_VALUE, -0x80000000L};
        for (long value : values) {
            entries.add(batch.add("store " + value, store(value)));
        }
        assertEquals(
                "kernel store 0 is not published",
                assertThrows(IllegalStateException.class, () -> entries.get(0).call(0, 0, 0, 0))
                        .getMessage());
        batch.publish();
        for (int i = 0; i < values.length; i++) {
            assertEquals(0, entries.get(i).address() % 64);
            assertEquals(values[i], run(entries.get(i)));
        }
        assertThrows(IllegalStateException.class, batch::publish);
        assertThrows(IllegalStateException.class, () -> batch.add("late", store(1)));
        new CodeBatch().publish();
    }

    @Test
    void allRegistersAreFreeAfterThePrologue() throws CodeException {
        for (int scratch : new int[] {0, 1, 64, 1000, 32 << 10}) {
            Assembler code = new Assembler();
            Abi.host().prologue(code, scratch);
            code.emit(Op.MOV, Mem.at(Gpr.RDI), Gpr.RSI);
            code.emit(Op.MOV, Mem.at(Gpr.RDI, 8), Gpr.RDX);
            code.emit(Op.MOV, Mem.at(Gpr.RDI, 16), Gpr.RCX);
            code.emit(Op.MOV, Mem.at(Gpr.RDI, 24), Gpr.RSP);
            for (int i = 0; i < scratch / 8; i++) {
                code.emit(Op.MOV, Mem.at(Gpr.RSP, 8 * i), new Imm(-1));
            }
            for (Gpr register : Gpr.values()) {
                if (register != Gpr.RSP) {
                    code.load(register, 0x0123456789ABCDEFL);
                }
            }
            for (int i = 0; i < 16; i++) {
                code.emit(Op.VPCMPEQD, Vec.ymm(i), Vec.ymm(i), Vec.ymm(i));
            }
            Abi.host().epilogue(code);
            CodeBatch batch = new CodeBatch();
            Entry entry = batch.add("registers", code);
            batch.publish();
            MemorySegment seen = GuardedMemory.endingAtGuard(32).segment();
            double before = Math.sin(scratch);
            for (int round = 0; round < 20_000; round++) {
                entry.call(seen.address(), round, -2, Long.MAX_VALUE);
                assertEquals(round, seen.get(ValueLayout.JAVA_LONG, 0));
            }
            assertEquals(before, Math.sin(scratch));
            assertEquals(-2, seen.get(ValueLayout.JAVA_LONG, 8));
            assertEquals(Long.MAX_VALUE, seen.get(ValueLayout.JAVA_LONG, 16));
            assertTrue(scratch == 0 || seen.get(ValueLayout.JAVA_LONG, 24) % 64 == 0);
        }
        assertThrows(IllegalArgumentException.class, () -> Abi.host().prologue(new Assembler(), 1 << 20));
    }

    @Test
    void loopsConstantsAndMasksRun() throws CodeException {
        // Adds 0.5 to n floats, four at a time, by an AVX mask: nothing behind the last one is touched.
        Assembler code = new Assembler();
        Abi.host().prologue(code, 0);
        Label loop = code.label();
        Label end = code.label();
        Mem half = code.constant(0.5f);
        Mem counts = code.constant(0, 1, 2, 3);
        code.emit(Op.VBROADCASTSS, Vec.xmm(1), half);
        code.bind(loop);
        code.emit(Op.TEST, Gpr.RSI, Gpr.RSI);
        code.jump(Condition.LESS_EQUAL, end);
        code.emit(Op.VMOVD, Vec.xmm(2), Gpr.RSI);
        code.emit(Op.VPBROADCASTD, Vec.xmm(2), Vec.xmm(2));
        code.emit(Op.VPCMPGTD, Vec.xmm(2), Vec.xmm(2), counts);
        code.emit(Op.VMASKMOVPS, Vec.xmm(3), Vec.xmm(2), Mem.at(Gpr.RDI));
        code.emit(Op.VADDPS, Vec.xmm(3), Vec.xmm(3), Vec.xmm(1));
        code.emit(Op.VMASKMOVPS, Mem.at(Gpr.RDI), Vec.xmm(2), Vec.xmm(3));
        code.emit(Op.ADD, Gpr.RDI, new Imm(16));
        code.emit(Op.SUB, Gpr.RSI, new Imm(4));
        code.jump(loop);
        code.bind(end);
        Abi.host().epilogue(code);
        CodeBatch batch = new CodeBatch();
        Entry entry = batch.add("half", code);
        batch.publish();
        for (int n : new int[] {0, 1, 7, 13, 207, 702, 4098}) {
            GuardedMemory memory = GuardedMemory.endingAtGuard(4L * n);
            entry.call(memory.address(), n, 0, 0);
            for (int i = 0; i < n; i++) {
                assertEquals(0.5f, memory.segment().get(ValueLayout.JAVA_FLOAT_UNALIGNED, 4L * i));
            }
        }
    }

    @Test
    void whenTheSystemRefusesAnExceptionSaysSo() throws CodeException {
        CodeMemory.refuses = true;
        try {
            long before = CodeMemory.live();
            CodeBatch batch = new CodeBatch();
            Entry entry = batch.add("refused", store(1));
            String message = assertThrows(CodeException.class, batch::publish).getMessage();
            assertTrue(message.startsWith("the system gives no executable memory (4 KB asked for, "), message);
            assertThrows(IllegalStateException.class, () -> entry.call(0, 0, 0, 0));
            assertTrue(CodeMemory.live() <= before);
        } finally {
            CodeMemory.refuses = false;
        }
        CodeBatch batch = new CodeBatch();
        Entry entry = batch.add("again", store(5));
        batch.publish();
        assertEquals(5, run(entry));
    }

    @Test
    void codeOfTwentyThousandDroppedKernelsStaysBounded() throws CodeException {
        long most = 0;
        for (int i = 0; i < 20_000; i++) {
            CodeBatch batch = new CodeBatch();
            Entry entry = batch.add("store", store(i));
            batch.publish();
            assertEquals(i, run(entry));
            most = Math.max(most, CodeMemory.live());
        }
        assertTrue(most <= 40L << 20, most + " bytes");
    }

    @Test
    void thousandsOfBatchesLiveAtOnce() throws CodeException {
        List<Entry> entries = new ArrayList<>();
        for (int i = 0; i < 10_000; i++) {
            CodeBatch batch = new CodeBatch();
            entries.add(batch.add("store", store(i)));
            batch.publish();
        }
        for (int i = 0; i < entries.size(); i++) {
            assertEquals(i, run(entries.get(i)));
        }
    }

    @Test
    void aCallAllocatesNothing() throws CodeException {
        CodeBatch batch = new CodeBatch();
        Entry entry = batch.add("store", store(1));
        batch.publish();
        GuardedMemory memory = GuardedMemory.beginningAtGuard(8);
        long address = memory.address();
        long least = Allocation.least(20, () -> {
            for (int i = 0; i < 10_000; i++) {
                entry.call(address, 0, 0, 0);
            }
        });
        assertEquals(0, least);
        assertEquals(1, memory.segment().get(ValueLayout.JAVA_LONG, 0));
    }

    @Test
    void tilesMultiply() throws CodeException {
        assumeTrue(Isa.machine().amx(), "skipped: no AMX");
        // 16 x 32 times 32 x 16 of bf16 ones and twos: each sum is 64.
        Assembler code = new Assembler();
        Abi.host().prologue(code, 0);
        code.emit(Op.LDTILECFG, Mem.at(Gpr.RCX));
        code.load(Gpr.RAX, 64);
        code.emit(Op.TILEZERO, new Tile(0));
        code.emit(Op.TILELOADD, new Tile(1), Mem.at(Gpr.RDI, Gpr.RAX));
        code.emit(Op.TILELOADD, new Tile(2), Mem.at(Gpr.RSI, Gpr.RAX));
        code.emit(Op.TDPBF16PS, new Tile(0), new Tile(1), new Tile(2));
        code.emit(Op.TILESTORED, Mem.at(Gpr.RDX, Gpr.RAX), new Tile(0));
        code.emit(Op.TILERELEASE);
        Abi.host().epilogue(code);
        CodeBatch batch = new CodeBatch();
        Entry entry = batch.add("tiles", code);
        batch.publish();
        GuardedMemory[] blocks = new GuardedMemory[4];
        for (int i = 0; i < 4; i++) {
            blocks[i] = GuardedMemory.endingAtGuard(i == 3 ? 64 : 1024);
        }
        for (int i = 0; i < 512; i++) {
            blocks[0].segment().setAtIndex(ValueLayout.JAVA_SHORT, i, (short) 0x3F80);
            blocks[1].segment().setAtIndex(ValueLayout.JAVA_SHORT, i, (short) 0x4000);
        }
        blocks[3].segment().set(ValueLayout.JAVA_BYTE, 0, (byte) 1);
        for (int tile = 0; tile < 3; tile++) {
            blocks[3].segment().set(ValueLayout.JAVA_SHORT, 16 + 2 * tile, (short) 64);
            blocks[3].segment().set(ValueLayout.JAVA_BYTE, 48 + tile, (byte) 16);
        }
        try {
            entry.call(blocks[0].address(), blocks[1].address(), blocks[2].address(), blocks[3].address());
        } finally {
            Reference.reachabilityFence(blocks);
        }
        for (int i = 0; i < 256; i++) {
            assertEquals(64f, blocks[2].segment().getAtIndex(ValueLayout.JAVA_FLOAT, i));
        }
    }

    @Test
    void codeIsExecutableAndNotWritable() throws Exception {
        Path file = Path.of("/proc/self/maps");
        assumeTrue(Files.exists(file), "skipped: not Linux");
        CodeBatch batch = new CodeBatch();
        Entry entry = batch.add("store", store(1));
        batch.publish();
        // "7f0000001000-7f0000002000 r-xp ...": mappings beside each other are shown as one.
        List<String> found = Files.readAllLines(file).stream()
                .filter(line -> Long.parseUnsignedLong(line.substring(0, line.indexOf('-')), 16) <= entry.address()
                        && Long.parseUnsignedLong(line.substring(line.indexOf('-') + 1, line.indexOf(' ')), 16)
                                > entry.address())
                .toList();
        assertEquals(1, found.size(), found.toString());
        assertTrue(found.get(0).contains(" r-xp "), found.get(0));
        assertEquals(1, run(entry));
    }

    @Test
    void onWindowsTheLowHalvesOfTheHighVectorsAreKept() {
        Assembler code = new Assembler();
        Abi.WINDOWS.prologue(code, 100);
        Abi.WINDOWS.epilogue(code);
        List<String> lines = code.listing()
                .lines()
                .map(line -> line.strip().replaceFirst("^[0-9a-f]+ +", ""))
                .toList();
        for (int i = 6; i < 16; i++) {
            String place = "XMMWORD PTR [rsp+" + (128 + 16 * (i - 5)) + "]";
            assertTrue(lines.contains("vmovups " + place + ", xmm" + i), lines.toString());
            assertTrue(lines.contains("vmovups xmm" + i + ", " + place), lines.toString());
        }
        // 128 bytes of scratch, the old RSP with its padding, ten vectors.
        assertTrue(lines.contains("sub rsp, " + (128 + 16 + 160)), lines.toString());
        List<String> moves = List.of("mov rdi, rcx", "mov rsi, rdx", "mov rdx, r8", "mov rcx, r9");
        assertEquals(moves, lines.stream().filter(moves::contains).toList());
        List<String> pushed = lines.stream()
                .filter(line -> line.startsWith("push "))
                .map(line -> line.substring(5))
                .toList();
        List<String> popped = lines.stream()
                .filter(line -> line.startsWith("pop "))
                .map(line -> line.substring(4))
                .toList();
        assertEquals(8, pushed.size());
        assertEquals(pushed.reversed(), popped);
    }
}
