/** Tensors, variables, gradients, plans: what users hold in their hands. */
@NullMarked
package dev.lamina.core;

import org.jspecify.annotations.NullMarked;
