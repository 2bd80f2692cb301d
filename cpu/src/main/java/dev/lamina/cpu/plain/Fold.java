package dev.lamina.cpu.plain;

/** A reduction while it runs: one state per kept index of the tile, in registers of the workspace. */
interface Fold {
    /** Starts new rows. */
    void init(Workspace w);

    /** Takes in the tile. */
    void update(Workspace w);
}
