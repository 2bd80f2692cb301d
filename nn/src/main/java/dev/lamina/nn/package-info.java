/** Layers, losses, metrics, optimizers and models, all written with tensor operations. */
@NullMarked
package dev.lamina.nn;

import org.jspecify.annotations.NullMarked;
