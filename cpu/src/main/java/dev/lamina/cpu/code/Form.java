package dev.lamina.cpu.code;

/** One encoding of an instruction. */
final class Form {
    private Form() {}

    static Form[] parse(String specification) {
        throw new UnsupportedOperationException(specification);
    }
}
