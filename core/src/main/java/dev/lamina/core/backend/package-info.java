/** What a backend implements, the interpreter that checks it, and the null backend. */
@NullMarked
package dev.lamina.core.backend;

import org.jspecify.annotations.NullMarked;
