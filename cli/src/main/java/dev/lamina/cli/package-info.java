/** The lamina command: train, evaluate, predict, summary, doctor. */
@NullMarked
package dev.lamina.cli;

import org.jspecify.annotations.NullMarked;
