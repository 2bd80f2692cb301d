package dev.lamina.cpu.code;

import org.jspecify.annotations.Nullable;

/** Writes one instruction after another. It is kept between instructions so that writing allocates nothing. */
final class Encoder {
    private final CodeBuffer out;
    /** Receives where a constant's address is written: its number, the position, and the end of the instruction. */
    private final Constants constants;

    private int reg;
    private int vvvv;
    private int rm;
    private @Nullable Mem memory;
    private boolean isVectorRm;
    private boolean needsRex;
    private boolean hasNumber;
    private long number;
    private int numberBytes;
    private int opcodeRegister;
    private int mask;
    private boolean zeroing;
    private boolean high;

    Encoder(CodeBuffer out, Constants constants) {
        this.out = out;
        this.constants = constants;
    }

    /** Writes it and returns true if the form takes these operands. */
    boolean encode(Form form, Operand[] operands) {
        int bits = form.match(operands);
        if (bits < 0) {
            return false;
        }
        collect(form, operands);
        boolean needsEvex = high || bits == 512 || mask != 0 || zeroing || (memory != null && memory.broadcast);
        if ((needsEvex && (form.legacy || !form.evex)) || !isAllowed(form, operands)) {
            return false;
        }
        if (form.legacy) {
            legacy(form);
        } else if (needsEvex || !form.vex) {
            evex(form, bits);
        } else {
            vex(form, bits);
        }
        if (form.hasModrm()) {
            boolean isEvex = !form.legacy && (needsEvex || !form.vex);
            modrm(form, isEvex ? form.displacementUnit(bits, memory != null && memory.broadcast) : 1);
        }
        immediate();
        return true;
    }

    private void collect(Form form, Operand[] operands) {
        reg = form.digit >= 0 ? form.digit : 0;
        vvvv = 0;
        rm = 0;
        memory = null;
        isVectorRm = false;
        needsRex = false;
        hasNumber = false;
        opcodeRegister = 0;
        mask = 0;
        zeroing = false;
        high = false;
        for (int i = 0; i < operands.length; i++) {
            collect(form.role[i], form.kind[i], operands[i]);
        }
    }

    private void collect(byte role, byte kind, Operand operand) {
        if (operand instanceof Vec v) {
            int under = v.mask().number();
            mask |= under;
            zeroing |= under != 0 && v.zeroing();
            high |= v.number() > 15;
            isVectorRm |= role == 'M' || role == 'r';
            register(role, v.number());
        } else if (operand instanceof Mem m) {
            memory = m;
            mask |= m.mask;
            high |= m.index instanceof Vec v && v.number() > 15;
        } else if (operand instanceof Gpr gpr) {
            needsRex |= kind == 'b' && gpr.number >= 4;
            register(role, gpr.number);
        } else if (operand instanceof Imm imm) {
            number(role, imm.value());
        } else if (operand instanceof Mask k) {
            mask |= k.under();
            register(role, k.number());
        } else if (operand instanceof Tile tile) {
            register(role, tile.number());
        }
    }

    private void register(byte role, int value) {
        switch (role) {
            case 'R' -> reg = value;
            case 'V' -> vvvv = value;
            case 'M', 'r' -> rm = value;
            case 'O' -> opcodeRegister = value;
            case 'S' -> number('I', value << 4);
            default -> {} // fixed registers are in the opcode
        }
    }

    private void number(int role, long value) {
        hasNumber = role != '1';
        number = value;
        numberBytes = role == 'Q' ? 8 : role == 'J' || role == 'U' ? 4 : 1;
    }

    /** Rules of the processor that registers alone do not show; breaking them raises an exception when the code runs. */
    private boolean isAllowed(Form form, Operand[] operands) {
        if (mask != 0 && !form.masks) {
            return false;
        }
        if (!form.isSpecial) {
            return true;
        }
        if (form.kinds.equals("ttt")) {
            return reg != rm && reg != vvvv && rm != vvvv;
        }
        int n = form.roles.indexOf('n');
        if (n < 0 || !(operands[n] instanceof Mem m) || !(m.index instanceof Vec index)) {
            return true;
        }
        // A gather must not write its own addresses or its mask; with EVEX it needs a mask.
        boolean isScatter = n == 0;
        boolean distinct = isScatter || index.number() != reg;
        if (form.vex) {
            return distinct && vvvv != reg && vvvv != index.number();
        }
        return distinct && mask != 0 && !zeroing;
    }

    private int base() {
        return memory == null ? rm : memory.base == null ? 0 : memory.base.number;
    }

    /** Number of the index register; 0 if there is none. */
    private int index() {
        if (memory == null || memory.index == null) {
            return 0;
        }
        return memory.index instanceof Vec v ? v.number() : ((Gpr) memory.index).number;
    }

    private void legacy(Form form) {
        if (form.prefix != 0) {
            out.put(form.prefix == 1 ? 0x66 : form.prefix == 2 ? 0xF3 : 0xF2);
        }
        int low = form.hasOpcodeRegister ? opcodeRegister : base();
        int rex = (form.wide ? 8 : 0) | (reg & 8) >> 1 | (index() & 8) >> 2 | (low & 8) >> 3;
        if (rex != 0 || needsRex) {
            out.put(0x40 | rex);
        }
        if (form.map > 0) {
            out.put(0x0F);
        }
        out.put(form.opcode | (opcodeRegister & 7));
    }

    private void vex(Form form, int bits) {
        int low = (~vvvv & 15) << 3 | (bits == 256 || form.longVex ? 4 : 0) | form.prefix;
        int notR = (~reg & 8) << 4;
        int notX = (~index() & 8) << 3;
        int notB = (~base() & 8) << 2;
        if (form.map == 1 && !form.wide && notX != 0 && notB != 0) {
            out.put(0xC5);
            out.put(notR | low);
        } else {
            out.put(0xC4);
            out.put(notR | notX | notB | form.map);
            out.put((form.wide ? 0x80 : 0) | low);
        }
        out.put(form.opcode);
    }

    private void evex(Form form, int bits) {
        int index = index();
        boolean isAddresses = memory != null && memory.index instanceof Vec;
        int x = memory == null && isVectorRm ? (rm >> 1) & 8 : index & 8;
        int v = isAddresses ? index & 16 : vvvv & 16;
        out.put(0x62);
        out.put((~reg & 8) << 4 | (~x & 8) << 3 | (~base() & 8) << 2 | (~reg & 16) | form.map);
        out.put((form.wideEvex ? 0x80 : 0) | (~vvvv & 15) << 3 | 4 | form.prefix);
        int length = bits == 512 ? 2 : bits == 256 ? 1 : 0;
        boolean broadcast = memory != null && memory.broadcast;
        out.put((zeroing ? 0x80 : 0) | length << 5 | (broadcast ? 0x10 : 0) | (~v & 16) >> 1 | mask);
        out.put(form.opcode);
    }

    private void modrm(Form form, int unit) {
        int middle = (reg & 7) << 3;
        Mem m = memory;
        if (form.modrm >= 0) {
            out.put(form.modrm | middle);
        } else if (m == null) {
            out.put(0xC0 | middle | (rm & 7));
        } else if (m.constant >= 0) {
            out.put(middle | 5);
            constants.refer(m, out.size(), out.size() + 4 + (hasNumber ? numberBytes : 0));
            out.put32(0);
        } else if (m.base == null) {
            out.put(middle | 4);
            out.put(scaleBits(m) << 6 | (index() & 7) << 3 | 5);
            out.put32(m.displacement);
        } else {
            based(m, middle, unit, form.hasIndexByte);
        }
    }

    private void based(Mem m, int middle, int unit, boolean needsIndexByte) {
        int base = base() & 7;
        int displacement = m.displacement;
        boolean isShort = displacement % unit == 0 && displacement / unit == (byte) (displacement / unit);
        // Base 5 without displacement means something else.
        int mode = displacement == 0 && base != 5 ? 0 : isShort ? 1 : 2;
        if (m.index != null || base == 4 || needsIndexByte) {
            out.put(mode << 6 | middle | 4);
            out.put(scaleBits(m) << 6 | (m.index == null ? 4 : (index() & 7)) << 3 | base);
        } else {
            out.put(mode << 6 | middle | base);
        }
        if (mode == 1) {
            out.put(displacement / unit);
        } else if (mode == 2) {
            out.put32(displacement);
        }
    }

    private static int scaleBits(Mem m) {
        return m.index == null ? 0 : Integer.numberOfTrailingZeros(m.scale);
    }

    private void immediate() {
        if (!hasNumber) {
            return;
        }
        if (numberBytes == 1) {
            out.put((int) number);
        } else if (numberBytes == 4) {
            out.put32((int) number);
        } else {
            out.put64(number);
        }
    }
}
