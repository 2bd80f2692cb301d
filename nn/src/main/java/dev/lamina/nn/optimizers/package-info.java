/** The ready optimizers; made with {@link dev.lamina.nn.Optimizers}. */
@NullMarked
package dev.lamina.nn.optimizers;

import org.jspecify.annotations.NullMarked;
