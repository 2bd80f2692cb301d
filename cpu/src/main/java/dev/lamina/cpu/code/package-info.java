/** Machine code for x86-64: the assembler, the memory it runs in, and what the processor can do. */
@NullMarked
package dev.lamina.cpu.code;

import org.jspecify.annotations.NullMarked;
