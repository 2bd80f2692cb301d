package dev.lamina.cpu.plain;

/** When a step of a loop runs. */
enum Phase {
    /** At the start of a part of the loop. */
    ONCE,
    /** For the first tile, and when the size of the tile has changed: its results are the same for all tiles. */
    STILL,
    /** In a loop that cuts rows: before the first tile of the rows. */
    BEGIN,
    /** For each tile. */
    TILE,
    /** In a loop that cuts rows: after the last tile of the rows. */
    END
}
