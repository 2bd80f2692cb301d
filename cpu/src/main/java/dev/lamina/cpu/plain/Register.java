package dev.lamina.cpu.plain;

/** Where a value of a loop is kept: an array of the workspace, whose number the allocator sets. */
final class Register {
    final Kind kind;
    final Level level;
    private int index = -1;

    Register(Kind kind, Level level) {
        this.kind = kind;
        this.level = level;
    }

    boolean isPlaced() {
        return index >= 0;
    }

    void place(int at) {
        index = at;
    }

    int index() {
        return index;
    }

    float[] floats(Workspace w) {
        return w.floats[index];
    }

    double[] doubles(Workspace w) {
        return w.doubles[index];
    }

    int[] ints(Workspace w) {
        return w.ints[index];
    }

    long[] longs(Workspace w) {
        return w.longs[index];
    }

    /** The array, whatever it holds. */
    Object array(Workspace w) {
        return switch (kind) {
            case FLOAT -> floats(w);
            case DOUBLE -> doubles(w);
            case INT -> ints(w);
            case LONG -> longs(w);
        };
    }
}
