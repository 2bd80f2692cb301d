/** Attention without a matrix of scores, in machine code: blocks of products with a softmax between them. */
@NullMarked
package dev.lamina.cpu.attention;

import org.jspecify.annotations.NullMarked;
