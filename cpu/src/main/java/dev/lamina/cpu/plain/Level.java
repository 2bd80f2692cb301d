package dev.lamina.cpu.plain;

/** How many elements a value of a loop has. */
enum Level {
    /** One for the whole loop. */
    SCALAR,
    /** One per index of the kept axes. */
    ROW,
    /** One per index of the space. */
    FULL;

    static Level higher(Level a, Level b) {
        return a.compareTo(b) >= 0 ? a : b;
    }
}
