/** From a lazy graph to a program: passes, fusion, order, memory. */
@NullMarked
package dev.lamina.core.compiler;

import org.jspecify.annotations.NullMarked;
