package dev.lamina.cpu.vector;

/**
 * The lanes of a last, partial iteration: those below a count.
 *
 * @param count number of lanes, from 0 to {@link KernelCode#lanes()}
 * @param mask BOOL: true in those lanes, for {@link KernelCode#select}
 */
public record Tail(R count, V mask) {}
