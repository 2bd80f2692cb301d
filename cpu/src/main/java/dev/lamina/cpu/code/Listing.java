package dev.lamina.cpu.code;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Remembers what an assembler wrote and prints it. Nothing is printed, and no text is made, unless somebody asks. */
final class Listing {
    private static final String[] DWORDS = {"eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi"};
    private static final String[] WORDS = {"ax", "cx", "dx", "bx", "sp", "bp", "si", "di"};
    private static final String[] BYTES = {"al", "cl", "dl", "bl", "spl", "bpl", "sil", "dil"};

    private record Line(int position, Object what, @Nullable Form form, Operand @Nullable [] operands) {}

    private final Constants constants;
    private final List<Line> lines = new ArrayList<>();
    private int jumpPosition;

    Listing(Constants constants) {
        this.constants = constants;
    }

    void instruction(int position, Op op, Form form, Operand[] operands) {
        lines.add(new Line(position, op, form, operands));
    }

    void label(int position, Label label) {
        lines.add(new Line(position, "L" + label.number + ":", null, null));
    }

    /** Where the next jump stands. */
    void at(int position) {
        jumpPosition = position;
    }

    void jump(String mnemonic, Label label) {
        lines.add(new Line(jumpPosition, mnemonic, null, new Operand[] {new Imm(label.number)}));
    }

    void comment(int position, String text) {
        lines.add(new Line(position, "# " + text, null, null));
    }

    String text() {
        StringBuilder out = new StringBuilder();
        for (Line line : lines) {
            if (line.operands() == null) {
                out.append(line.what()).append('\n');
            } else {
                out.append(String.format(Locale.ROOT, "%6x  %s%n", line.position(), text(line)));
            }
        }
        return out.toString();
    }

    private String text(Line line) {
        Operand[] operands = line.operands();
        Form form = line.form();
        if (form == null || operands == null || !(line.what() instanceof Op op)) {
            return line.what() + " L" + (operands == null ? "" : ((Imm) operands[0]).value());
        }
        return text(op, form, operands);
    }

    /** An instruction as GNU as reads it; a constant is shown with its first bytes. */
    String text(Op op, Form form, Operand[] operands) {
        int bits = form.match(operands);
        StringBuilder out = new StringBuilder(op.mnemonic());
        for (int i = 0; i < operands.length; i++) {
            out.append(i == 0 ? " " : ", ");
            operand(out, form, i, operands[i], bits);
        }
        return out.toString();
    }

    private void operand(StringBuilder out, Form form, int i, Operand operand, int bits) {
        switch (operand) {
            case Imm imm -> out.append(imm.value());
            case Gpr gpr -> out.append(name(gpr, form.roles.charAt(i) == 'C' ? 'b' : form.kinds.charAt(i)));
            case Tile tile -> out.append("tmm").append(tile.number());
            case Mask k -> {
                out.append('k').append(k.number());
                mask(out, k.under());
            }
            case Vec v -> {
                vector(out, v);
                mask(out, v.mask().number());
                out.append(v.zeroing() && v.mask().number() != 0 ? "{z}" : "");
            }
            case Mem mem -> {
                if (!mem.broadcast) {
                    out.append(form.roles.charAt(i) == 'n' ? "" : pointer(form.memoryBytes(i, bits)));
                }
                address(out, mem);
                if (mem.broadcast) {
                    out.append("{1to").append(lanes(form, bits)).append('}');
                }
                mask(out, mem.mask);
            }
        }
    }

    private static int lanes(Form form, int bits) {
        return (form.unit == Form.Unit.HALF ? bits / 16 : bits / 8) / form.element;
    }

    private static void vector(StringBuilder out, Vec v) {
        out.append(v.bits() == 128 ? 'x' : v.bits() == 256 ? 'y' : 'z')
                .append("mm")
                .append(v.number());
    }

    private static void mask(StringBuilder out, int number) {
        if (number != 0) {
            out.append("{k").append(number).append('}');
        }
    }

    private static String pointer(int bytes) {
        return switch (bytes) {
            case 1 -> "BYTE PTR ";
            case 2 -> "WORD PTR ";
            case 4 -> "DWORD PTR ";
            case 8 -> "QWORD PTR ";
            case 16 -> "XMMWORD PTR ";
            case 32 -> "YMMWORD PTR ";
            case 64 -> "ZMMWORD PTR ";
            default -> "";
        };
    }

    private void address(StringBuilder out, Mem mem) {
        if (mem.constant >= 0) {
            out.append("[rip+C").append(mem.constant);
            out.append(mem.displacement == 0 ? "" : "+" + mem.displacement).append("]/*");
            byte[] value = constants.value(mem.constant);
            for (int i = Math.min(value.length, 8) - 1; i >= 0; i--) {
                out.append(String.format(Locale.ROOT, "%02x", value[i]));
            }
            out.append("*/");
            return;
        }
        out.append('[');
        if (mem.base != null) {
            out.append(name(mem.base, 'g'));
        }
        if (mem.index != null) {
            out.append(mem.base == null ? "" : "+");
            if (mem.index instanceof Vec v) {
                vector(out, v);
            } else {
                out.append(name((Gpr) mem.index, 'g'));
            }
            out.append('*').append(mem.scale);
        }
        if (mem.displacement != 0) {
            out.append(mem.displacement > 0 ? "+" : "").append(mem.displacement);
        }
        out.append(']');
    }

    private static String name(Gpr register, char kind) {
        int number = register.number;
        if (number >= 8) {
            return "r" + number + (kind == 'd' ? "d" : kind == 'w' ? "w" : kind == 'b' ? "b" : "");
        }
        return switch (kind) {
            case 'd' -> DWORDS[number];
            case 'w' -> WORDS[number];
            case 'b' -> BYTES[number];
            default -> register.name().toLowerCase(Locale.ROOT);
        };
    }

    /** Why an instruction cannot be written. */
    static String mismatch(Op op, Operand[] operands) {
        StringBuilder text = new StringBuilder(op.name()).append(": no encoding for");
        Listing printer = new Listing(new Constants());
        Form any = op.forms()[0];
        for (Operand operand : operands) {
            text.append(' ');
            if (operand instanceof Mem m && m.constant >= 0) {
                text.append("[constant]");
            } else if (operand instanceof Mem m) {
                printer.address(text, m);
                text.append(m.broadcast ? "{1toN}" : "");
                mask(text, m.mask);
            } else {
                text.append(
                        operand instanceof Gpr gpr ? name(gpr, 'g') : operand instanceof Imm imm ? imm.value() : "");
                if (!(operand instanceof Gpr) && !(operand instanceof Imm)) {
                    printer.operand(text, any, 0, operand, 0);
                }
            }
        }
        return text.toString();
    }
}
