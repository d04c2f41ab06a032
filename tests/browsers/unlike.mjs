// One difference between what must be and what is: no line, or one.
export const unlike = (what, expected, actual) =>
  (JSON.stringify(expected) === JSON.stringify(actual) ? []
    : [`${what}: expected ${JSON.stringify(expected)}, got ` +
       `${JSON.stringify(actual)}`]);
