/** Kernels in plain Java: what runs where machine code cannot, and for the work that machine code does not speed up. */
@NullMarked
package dev.lamina.cpu.plain;

import org.jspecify.annotations.NullMarked;
