package dev.lamina.cpu.vector;

/** A 64-bit integer: an address, a count or an index. Does not change, but for loop counters and {@link KernelCode#variable(R)}. */
public record R(int register) {}
