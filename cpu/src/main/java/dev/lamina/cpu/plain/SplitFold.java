package dev.lamina.cpu.plain;

/** A fold whose rows may be cut into blocks that run at the same time; the states of the blocks are merged in order. */
interface SplitFold extends Fold {
    /** Saves the states to element {@code at} and following. */
    void save(Workspace w, Partials partials, int at);

    /** Takes in saved states of a later block. */
    void merge(Workspace w, Partials partials, int at);
}
