package dev.lamina.cpu.code;

import java.util.ArrayList;
import java.util.List;

/** Operands for each form of each instruction: registers low and high, memory with all shapes of addresses, masks, broadcasts. */
final class Cases {
    private static final int[][] NUMBERS = {
        {1, 2, 3, 4}, {9, 10, 11, 12}, {17, 26, 31, 20}, {3, 30, 5, 9}, {24, 1, 18, 6}
    };
    private static final Gpr[] GENERAL = Gpr.values();
    private static final long[] SMALL = {3, 77, 127};
    private static final long[] LARGE = {-1000, 0x12345678};

    private final Form form;
    private final int bits;
    private int turn;
    private final List<Operand[]> all = new ArrayList<>();

    private Cases(Form form, int bits) {
        this.form = form;
        this.bits = bits;
    }

    /** Operands that the form should take. */
    static List<Operand[]> of(Form form) {
        List<Operand[]> all = new ArrayList<>();
        boolean anySize = form.kinds.matches(".*[vhqo].*");
        for (int bits = 128; bits <= 512; bits *= 2) {
            boolean isPossible = (bits < 512 || form.evex) && bits >= form.least && (anySize || bits == 128);
            if (isPossible) {
                Cases cases = new Cases(form, bits);
                cases.collect();
                all.addAll(cases.all);
            }
        }
        return all;
    }

    private void collect() {
        int memory = Math.max(form.roles.indexOf('m'), Math.max(form.roles.indexOf('M'), form.roles.indexOf('n')));
        boolean hasRegisters = form.roles.indexOf('m') < 0 && form.roles.indexOf('n') < 0;
        for (int[] numbers : NUMBERS) {
            if (hasRegisters) {
                withMasks(registers(numbers));
            }
        }
        if (memory >= 0) {
            addresses(memory);
        }
    }

    private void addresses(int place) {
        int n = 0;
        for (Mem mem : form.roles.charAt(place) == 'n' ? vectorAddresses(place) : addresses()) {
            Operand[] operands = registers(NUMBERS[n++ % NUMBERS.length]);
            operands[place] = mem.bits(form.kinds.charAt(place) == 'v' ? bits : 0);
            withMasks(operands);
            if (form.element != 0) {
                operands = operands.clone();
                operands[place] = ((Mem) operands[place]).broadcast();
                withMasks(operands);
            }
        }
    }

    private List<Mem> addresses() {
        List<Mem> list = new ArrayList<>();
        for (Gpr base : new Gpr[] {Gpr.RAX, Gpr.RSP, Gpr.RBP, Gpr.R12, Gpr.R13}) {
            list.add(Mem.at(base));
        }
        list.add(Mem.at(Gpr.R10, Gpr.RCX, 4, 24));
        list.add(Mem.at(Gpr.RBP, Gpr.RCX, 1, 0));
        list.add(Mem.at(Gpr.RDX, Gpr.R12, 8, -200));
        list.add(Mem.at(Gpr.R13, Gpr.RBP, 2, 0));
        list.add(Mem.scaled(Gpr.R9, 4, 100));
        list.add(Mem.at(Gpr.RDI, 1));
        for (int unit : new int[] {Math.max(1, form.element), form.displacementUnit(bits, false)}) {
            for (int times : new int[] {127, 128, -128, -129}) {
                list.add(Mem.at(Gpr.RDI, unit * times));
            }
        }
        return list;
    }

    private List<Mem> vectorAddresses(int place) {
        int size = switch (form.kinds.charAt(place)) {
            case 'h' -> Math.max(128, bits / 2);
            default -> bits;
        };
        List<Mem> list = new ArrayList<>();
        for (int index : new int[] {6, 14, 29}) {
            for (Gpr base : new Gpr[] {Gpr.RBX, Gpr.RBP, Gpr.R12}) {
                for (int displacement : new int[] {0, 1, 127 * 4, 128 * 4, 127 * 8, -128 * 8}) {
                    list.add(Mem.vsib(base, Vec.of(index, size), 4, displacement));
                }
            }
        }
        return list;
    }

    private Operand[] registers(int[] numbers) {
        Operand[] operands = new Operand[form.roles.length()];
        for (int i = 0; i < operands.length; i++) {
            operands[i] = register(form.roles.charAt(i), form.kinds.charAt(i), numbers[i]);
        }
        return operands;
    }

    private Operand register(char role, char kind, int number) {
        return switch (role) {
            case 'I', 'B' -> new Imm(SMALL[number % SMALL.length]);
            case 'J', 'U' -> new Imm(LARGE[number % LARGE.length]);
            case 'Q' -> new Imm(0x123456789ABCDEFL);
            case '1' -> new Imm(1);
            case 'A' -> Gpr.RAX;
            case 'C' -> Gpr.RCX;
            default ->
                switch (kind) {
                    case 'k' -> new Mask(number % 8);
                    case 't' -> new Tile(number % 8);
                    case 'g', 'd', 'w', 'b', '-', '#' -> GENERAL[number % 16];
                    case 'h' -> Vec.of(number, Math.max(128, bits / 2));
                    case 'q' -> Vec.of(number, Math.max(128, bits / 4));
                    case 'o' -> Vec.of(number, Math.max(128, bits / 8));
                    case 'v' -> Vec.of(number, bits);
                    case 'y' -> Vec.ymm(number);
                    case 'z' -> Vec.zmm(number);
                    default -> Vec.xmm(number);
                };
        };
    }

    /** The operands as they are, and every second time with a mask. */
    private void withMasks(Operand[] operands) {
        all.add(operands);
        if (!form.evex || form.legacy || operands.length == 0 || turn++ % 2 != 0) {
            return;
        }
        switch (operands[0]) {
            case Vec v -> with(operands, turn % 4 == 1 ? v.masked(new Mask(1)) : v.zeroed(new Mask(7)));
            case Mask k -> with(operands, k.masked(new Mask(5)));
            case Mem m -> with(operands, m.masked(new Mask(3)));
            case Gpr _, Tile _, Imm _ -> {}
        }
    }

    private void with(Operand[] operands, Operand first) {
        Operand[] masked = operands.clone();
        masked[0] = first;
        all.add(masked);
    }
}
