package dev.lamina.cpu.code;

/** A place in the code to jump to. It is made by {@link Assembler#label} and placed by {@link Assembler#bind}. */
public final class Label {
    static final int UNBOUND = -1;

    final int number;
    int position = UNBOUND;

    Label(int number) {
        this.number = number;
    }
}
