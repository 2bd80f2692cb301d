/** The CPU backend: which kind of kernel runs which task. */
@NullMarked
package dev.lamina.cpu;

import org.jspecify.annotations.NullMarked;
