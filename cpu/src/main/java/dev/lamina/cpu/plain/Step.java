package dev.lamina.cpu.plain;

/** One operation of a loop on a tile. Steps hold no data; it is in the workspace. */
@FunctionalInterface
interface Step {
    void run(Workspace w);
}
