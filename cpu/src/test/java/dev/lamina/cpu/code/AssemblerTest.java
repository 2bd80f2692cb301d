package dev.lamina.cpu.code;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AssemblerTest {
    private record Case(Op op, String text, String bytes) {}

    @Test
    void everyInstructionHasTheBytesOfGnuAs(@TempDir Path folder) throws Exception {
        assumeTrue(GnuAssembler.isInstalled(), "skipped: GNU as is not installed");
        List<Case> cases = new ArrayList<>();
        List<String> failures = new ArrayList<>();
        for (Op op : Op.values()) {
            int before = cases.size();
            for (Form form : op.forms()) {
                int start = cases.size();
                Cases.of(form).forEach(operands -> add(cases, op, form, operands));
                if (cases.size() == start) {
                    failures.add(op + ": no case for " + form.roles + " " + form.kinds);
                }
            }
            assertTrue(cases.size() > before, op.name());
        }
        List<String> expected =
                GnuAssembler.assemble(cases.stream().map(Case::text).toList(), folder);
        for (int i = 0; i < cases.size(); i++) {
            if (!cases.get(i).bytes().equals(expected.get(i))) {
                failures.add(cases.get(i) + " GNU as: " + expected.get(i));
            }
        }
        assertTrue(cases.size() > 10_000, cases.size() + " cases");
        assertEquals(
                0,
                failures.size(),
                () -> failures.size() + " of " + cases.size() + ":\n"
                        + String.join("\n", failures.subList(0, Math.min(4000, failures.size()))));
    }

    private static void add(List<Case> cases, Op op, Form form, Operand[] operands) {
        Assembler code = new Assembler();
        try {
            code.emit(op, operands);
        } catch (IllegalArgumentException e) {
            return;
        }
        String text = code.listing().strip();
        String bytes = HexFormat.of().formatHex(code.bytes()).toUpperCase(Locale.ROOT);
        // A move between registers has two encodings.
        boolean two = form.roles.startsWith("R")
                && operands.length == 2
                && op.forms().length > 1
                && operands[1] instanceof Vec;
        cases.add(new Case(op, (two ? "{load} " : "") + text.substring(text.indexOf("  ") + 2), bytes));
    }

    @Test
    void whatTheProcessorWouldRefuseIsRefusedHere() {
        Vec a = Vec.zmm(1);
        Vec b = Vec.zmm(2);
        Mask k = new Mask(1);
        refused(Op.VADDPS, a, b);
        refused(Op.VADDPS, a, b, Vec.ymm(3));
        refused(Op.VADDPS, a, b.masked(k), a);
        refused(Op.VADDPS, a, b, Gpr.RAX);
        refused(Op.VADDPS, a, b, Mem.vsib(Gpr.RAX, a, 1, 0));
        refused(Op.VPADDB, a, b, Mem.at(Gpr.RAX).broadcast());
        refused(Op.VMOVNTPS, Mem.at(Gpr.RAX).masked(k), a);
        refused(Op.VPERMD, Vec.xmm(1), Vec.xmm(2), Vec.xmm(3));
        refused(Op.VCVTPD2PS, Vec.xmm(1), Mem.at(Gpr.RAX));
        refused(Op.VGATHERDPS, a, Mem.vsib(Gpr.RAX, b, 4, 0));
        refused(Op.VGATHERDPS, a.masked(k), Mem.vsib(Gpr.RAX, a, 4, 0));
        refused(Op.VGATHERDPS, a.zeroed(k), Mem.vsib(Gpr.RAX, b, 4, 0));
        refused(Op.VGATHERDPS, Vec.ymm(1), Mem.vsib(Gpr.RAX, Vec.ymm(2), 4, 0), Vec.ymm(2));
        refused(Op.TDPBF16PS, new Tile(1), new Tile(2), new Tile(2));
        refused(Op.VPBLENDVB, Vec.ymm(1), Vec.ymm(2), Vec.ymm(3), Vec.ymm(16));
        refused(Op.ADD, Gpr.RAX, new Imm(1L << 31));
        refused(Op.SHL, Gpr.RAX, Gpr.RDX);
        assertEquals(
                "VADDPS: no encoding for zmm1 zmm2 [rax+8]{k1}",
                refused(Op.VADDPS, a, b, Mem.at(Gpr.RAX, 8).masked(k)));
    }

    private static String refused(Op op, Operand... operands) {
        return assertThrows(IllegalArgumentException.class, () -> new Assembler().emit(op, operands))
                .getMessage();
    }

    @Test
    void jumpsLabelsAndConstantsAreThoseOfGnuAs(@TempDir Path folder) throws Exception {
        assumeTrue(GnuAssembler.isInstalled(), "skipped: GNU as is not installed");
        Assembler code = new Assembler();
        Mem eight = code.constant(1, 2, 3, 4, 5, 6, 7, 8);
        Mem one = code.constant(2.5f);
        Mem two = code.constant(2.5);
        assertEquals(one.constant, code.constant(2.5f).constant);
        Label start = code.label();
        Label end = code.label();
        code.bind(start);
        code.comment("a remark");
        code.emit(Op.VPADDD, Vec.ymm(3), Vec.ymm(9), eight);
        code.emit(Op.VCMPPS, new Mask(1), Vec.zmm(3), one.broadcast(), new Imm(2));
        code.emit(Op.VPTERNLOGD, Vec.zmm(30), Vec.zmm(3), one.broadcast(), new Imm(0x96));
        code.emit(Op.IMUL, Gpr.R9, two, new Imm(1000));
        code.jump(Condition.LESS, start);
        code.jump(Condition.PARITY, end);
        code.jump(end);
        for (int i = 0; i < 30; i++) {
            code.emit(Op.VADDSD, Vec.xmm(i), Vec.xmm(31 - i), two);
            code.emit(Op.MOV, i % 2 == 0 ? Gpr.R9 : Gpr.RSI, eight.plus(8));
        }
        code.jump(start);
        code.jump(Condition.ABOVE, start);
        code.bind(end);
        code.emit(Op.RET);
        List<String> lines =
                code.listing().lines().map(AssemblerTest::sourceLine).toList();
        List<String> source = new ArrayList<>(lines);
        source.add(".p2align 6, 0xCC");
        source.add("C0: .int 1,2,3,4,5,6,7,8");
        source.add("C2: .double 2.5");
        source.add("C1: .float 2.5");
        String expected = String.join(
                "",
                GnuAssembler.assemble(source, folder).stream()
                        .map(line -> line == null ? "" : line)
                        .toList());
        byte[] bytes = code.bytes();
        assertEquals(expected, HexFormat.of().withUpperCase().formatHex(bytes));
    }

    private static String sourceLine(String line) {
        String text = line.startsWith(" ") ? line.strip().replaceFirst("^[0-9a-f]+ +", "") : line;
        // GNU as would take the short form of jumps forward.
        return text.matches("j.* L1") ? "{disp32} " + text : text;
    }

    @Test
    void paddingEndsAtTheNextMultiple() {
        for (int start = 0; start < 64; start++) {
            Assembler code = new Assembler();
            for (int i = 0; i < start; i++) {
                code.emit(Op.NOP);
            }
            code.align(64);
            code.emit(Op.RET);
            assertEquals(start == 0 ? 1 : 65, code.size());
        }
        Assembler code = new Assembler();
        code.emit(Op.NOP);
        code.align(8);
        assertEquals("900F1F8000000000", HexFormat.of().withUpperCase().formatHex(code.bytes()));
    }
}
