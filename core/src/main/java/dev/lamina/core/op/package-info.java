/** The operations: what a graph is made of, with shape rules, meaning and gradients side by side. */
@NullMarked
package dev.lamina.core.op;

import org.jspecify.annotations.NullMarked;
