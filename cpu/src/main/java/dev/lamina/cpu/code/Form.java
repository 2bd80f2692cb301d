package dev.lamina.cpu.code;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * One encoding of an instruction, read from text such as {@code Rv Vv Mv: 66 0F 58 b4}: operands, then how they are encoded.
 *
 * <p>An operand is a role and a kind. Roles: R = ModRM.reg, V = VEX.vvvv, M = ModRM.rm (register or memory), m = memory only, r = register only, n = vector of
 * addresses, O = low bits of the opcode, S = register in the immediate. Immediates are one letter: I = 8 bits, B = 8 bits with sign, J = 32 bits with sign, U = 32
 * bits, Q = 64 bits, 1 = the number 1; C = CL; A = RAX. Kinds: v = the whole vector, h q o = half, quarter, eighth of it (at least 128 bits), x y z = 128, 256, 512
 * bits, 1 2 4 8 = 128 bits or so many bytes of memory, k = mask, t = tile, g d w b = general register of 64, 32, 16, 8 bits, - = address only, # = address with
 * index byte.
 *
 * <p>Encoding: L = neither VEX nor EVEX, vx = VEX only, ev = EVEX only; 66 F3 F2 = prefix; 0F 0F38 0F3A = opcode map; W = W is 1, We = only with EVEX; two digits =
 * opcode; /n = ModRM.reg; =XX = ModRM; L1 = VEX.L is 1; nk = no mask; 256 = not with 128 bits. Last, what EVEX counts displacements in: fm hm qm om = the whole vector, half,
 * quarter, eighth; b4 b8 = the whole, or an element if broadcast; hb4 = half, or an element; s1 s2 s4 s8 x16 x32 = so many bytes; dup = that of VMOVDDUP.
 */
final class Form {
    /** What EVEX counts displacements in. */
    enum Unit {
        FULL,
        HALF,
        QUARTER,
        EIGHTH,
        BYTES,
        DUP
    }

    final String roles;
    final String kinds;
    /** The letters again: reading them from a string is slow while the JVM is cold. */
    final byte[] role;

    final byte[] kind;
    boolean legacy;
    boolean vex = true;
    boolean evex = true;
    /** 0 = none, 1 = 66, 2 = F3, 3 = F2. */
    int prefix;

    int map;
    boolean wide;
    boolean wideEvex;
    boolean longVex;
    boolean masks = true;
    int opcode = -1;
    int digit = -1;
    int modrm = -1;
    int least = 128;
    Unit unit = Unit.FULL;
    /** Bytes of {@link Unit#BYTES}. */
    int unitBytes;
    /** Bytes of an element that may be broadcast; 0 = none may. */
    int element;

    /** The first operand that is a whole vector, -1 if none. */
    private final int vector;
    /** Size of the vectors where no operand is a whole one; 0 without vectors. */
    private final int fixedBits;
    /** Has addresses or tiles, for which more rules hold. */
    final boolean isSpecial;

    final boolean hasRegister;
    final boolean hasOpcodeRegister;
    final boolean hasIndexByte;

    private Form(String roles, String kinds) {
        this.roles = roles;
        this.kinds = kinds;
        role = roles.getBytes(StandardCharsets.ISO_8859_1);
        kind = kinds.getBytes(StandardCharsets.ISO_8859_1);
        vector = kinds.indexOf('v');
        fixedBits = vector >= 0 ? 0 : fixedBits(kinds);
        isSpecial = roles.indexOf('n') >= 0 || kinds.equals("ttt");
        hasRegister = roles.indexOf('R') >= 0;
        hasOpcodeRegister = roles.indexOf('O') >= 0;
        hasIndexByte = kinds.indexOf('#') >= 0;
    }

    private static int fixedBits(String kinds) {
        int bits = 0;
        for (int i = 0; i < kinds.length(); i++) {
            bits = Math.max(bits, registerBits(kinds.charAt(i), 0));
        }
        return bits;
    }

    static Form[] parse(String specification) {
        List<Form> forms = new ArrayList<>();
        for (String text : parts(specification, ';')) {
            forms.add(one(text));
        }
        return forms.toArray(new Form[0]);
    }

    /** What stands between the separators, without empty parts; a regular expression would be slow while the JVM is cold. */
    private static List<String> parts(String text, char separator) {
        List<String> parts = new ArrayList<>();
        int start = 0;
        while (start < text.length()) {
            int next = text.indexOf(separator, start);
            int end = next < 0 ? text.length() : next;
            if (end > start) {
                parts.add(text.substring(start, end));
            }
            start = end + 1;
        }
        return parts;
    }

    private static Form one(String text) {
        int colon = text.indexOf(':');
        StringBuilder roles = new StringBuilder();
        StringBuilder kinds = new StringBuilder();
        if (colon >= 0) {
            for (String operand : parts(text.substring(0, colon), ' ')) {
                roles.append(operand.charAt(0));
                kinds.append(operand.length() > 1 ? operand.charAt(1) : ' ');
            }
        }
        Form form = new Form(roles.toString(), kinds.toString());
        for (String token : parts(text.substring(colon + 1), ' ')) {
            form.read(token);
        }
        return form;
    }

    private void read(String token) {
        switch (token) {
            case "L" -> legacy = true;
            case "vx" -> evex = false;
            case "ev" -> vex = false;
            case "W" -> wide = wideEvex = true;
            case "We" -> wideEvex = true;
            case "L1" -> longVex = true;
            case "0F38" -> map = 2;
            case "0F3A" -> map = 3;
            case "nk" -> masks = false;
            case "256" -> least = 256;
            default -> readNumber(token);
        }
    }

    private void readNumber(String token) {
        char first = token.charAt(0);
        if (first == '/') {
            digit = token.charAt(1) - '0';
        } else if (first == '=') {
            modrm = Integer.parseInt(token, 1, 3, 16);
        } else if (first >= 'a') {
            readUnit(token);
        } else if (map == 0 && opcode < 0 && token.equals("0F")) {
            map = 1;
        } else if (map == 0 && prefix == 0 && (token.equals("66") || token.equals("F3") || token.equals("F2"))) {
            prefix = token.equals("66") ? 1 : token.equals("F3") ? 2 : 3;
        } else {
            opcode = Integer.parseInt(token, 16);
        }
    }

    private void readUnit(String token) {
        int number = token.charAt(token.length() - 1) - '0';
        switch (token) {
            case "fm" -> unit = Unit.FULL;
            case "hm" -> unit = Unit.HALF;
            case "qm" -> unit = Unit.QUARTER;
            case "om" -> unit = Unit.EIGHTH;
            case "dup" -> unit = Unit.DUP;
            case "b4", "b8" -> element = number;
            case "hb4" -> {
                unit = Unit.HALF;
                element = number;
            }
            case "x16", "x32" -> bytes(token.equals("x16") ? 16 : 32);
            case "s1", "s2", "s4", "s8" -> bytes(number);
            default -> throw new IllegalArgumentException(token);
        }
    }

    private void bytes(int number) {
        unit = Unit.BYTES;
        unitBytes = number;
    }

    /** What EVEX counts displacements in, in bytes. */
    int displacementUnit(int bits, boolean broadcast) {
        if (broadcast) {
            return element;
        }
        return switch (unit) {
            case FULL -> bits / 8;
            case HALF -> bits / 16;
            case QUARTER -> bits / 32;
            case EIGHTH -> bits / 64;
            case BYTES -> unitBytes;
            case DUP -> bits == 128 ? 8 : bits / 8;
        };
    }

    boolean hasModrm() {
        return digit >= 0 || modrm >= 0 || hasRegister;
    }

    /** Size of the vectors if this form can encode the operands, 0 if it works without vectors, -1 if it cannot. */
    int match(Operand[] operands) {
        if (operands.length != role.length) {
            return -1;
        }
        int bits = vector >= 0 ? size(operands) : fixedBits;
        if (bits < 0 || (bits != 0 && bits < least)) {
            return -1;
        }
        for (int i = 0; i < operands.length; i++) {
            if (!fits(role[i], kind[i], operands[i], bits, i == 0)) {
                return -1;
            }
        }
        return bits;
    }

    /** The size of the first whole vector that says one; -1 if only memory without a size does. */
    private int size(Operand[] operands) {
        for (int i = vector; i < operands.length; i++) {
            if (kind[i] == 'v') {
                Operand operand = operands[i];
                int size = operand instanceof Vec v ? v.bits() : operand instanceof Mem m ? m.vectorBits() : 0;
                if (size != 0) {
                    return size;
                }
            }
        }
        return -1;
    }

    // No switch over the types here and in the encoder: its first use would cost milliseconds of a cold start.
    private boolean fits(byte role, byte kind, Operand operand, int bits, boolean isFirst) {
        if (operand instanceof Vec v) {
            return isRegister(role)
                    && v.bits() == registerBits(kind, bits)
                    && (isFirst || v.mask().number() == 0);
        } else if (operand instanceof Mem m) {
            return fitsMemory(role, kind, m, bits) && (isFirst || m.mask == 0);
        } else if (operand instanceof Gpr gpr) {
            return fitsGeneral(role, kind, gpr);
        } else if (operand instanceof Imm imm) {
            return fitsNumber(role, imm.value());
        } else if (operand instanceof Mask k) {
            return kind == 'k' && isRegister(role) && (isFirst || k.under() == 0);
        }
        return kind == 't' && isRegister(role);
    }

    private static boolean isRegister(byte role) {
        return role == 'R' || role == 'V' || role == 'M' || role == 'r' || role == 'S' || role == 'O';
    }

    private static boolean fitsNumber(byte role, long value) {
        return switch (role) {
            case 'I' -> value >= -128 && value <= 255;
            case 'B' -> value >= -128 && value <= 127;
            case 'J' -> value == (int) value;
            case 'U' -> value >= Integer.MIN_VALUE && value <= 0xFFFFFFFFL;
            case 'Q' -> true;
            case '1' -> value == 1;
            default -> false;
        };
    }

    private boolean fitsMemory(byte role, byte kind, Mem memory, int bits) {
        if (role == 'n') {
            return memory.index instanceof Vec v && v.bits() == registerBits(kind, bits) && !memory.broadcast;
        }
        return (role == 'M' || role == 'm') && !(memory.index instanceof Vec) && (!memory.broadcast || element != 0);
    }

    private static boolean fitsGeneral(byte role, byte kind, Gpr register) {
        if (role == 'A') {
            return register == Gpr.RAX;
        }
        return role == 'C'
                ? register == Gpr.RCX
                : isRegister(role) && (kind == 'g' || kind == 'd' || kind == 'w' || kind == 'b');
    }

    /** Size of a register of this kind; 0 if no vector register is expected. */
    private static int registerBits(int kind, int bits) {
        return switch (kind) {
            case 'v' -> bits;
            case 'h' -> Math.max(128, bits / 2);
            case 'q' -> Math.max(128, bits / 4);
            case 'o' -> Math.max(128, bits / 8);
            case 'x', '1', '2', '4', '8' -> 128;
            case 'y' -> 256;
            case 'z' -> 512;
            default -> 0;
        };
    }

    /** Size of memory of this operand in bytes; 0 if it has none of its own. */
    int memoryBytes(int i, int bits) {
        return switch (kind[i]) {
            case 'v' -> unit == Unit.DUP && bits == 128 ? 8 : bits / 8;
            case 'h' -> bits / 16;
            case 'q' -> bits / 32;
            case 'o' -> bits / 64;
            case 'x' -> 16;
            case 'y' -> 32;
            case 'z' -> 64;
            case 'b', '1' -> 1;
            case 'w', '2' -> 2;
            case 'd', '4' -> 4;
            case 'g', '8' -> 8;
            default -> 0;
        };
    }
}
