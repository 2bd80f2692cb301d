package dev.lamina.cpu.code;

/**
 * A register of AMX: up to 16 rows of 64 bytes.
 *
 * @param number 0 to 7
 */
public record Tile(int number) implements Operand {
    /** Checks the number. */
    public Tile {
        if (number < 0 || number > 7) {
            throw new IllegalArgumentException("tile: expected 0 to 7, got " + number);
        }
    }
}
