/** Fused loops as machine code: maps, row kernels and column reductions, and the epilogues of products. */
@NullMarked
package dev.lamina.cpu.loop;

import org.jspecify.annotations.NullMarked;
