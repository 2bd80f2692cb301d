package dev.lamina.cpu.code;

/** What an instruction works on. */
public sealed interface Operand permits Gpr, Vec, Mask, Tile, Mem, Imm {}
