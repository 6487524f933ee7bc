// Spans of a coder as lists that are never changed in place: {code, start_s, end_s}. A point ends where it starts.

export function isPoint(span) {
  return span.end_s === span.start_s;
}

// Returns the spans with a new one, merged with the spans of its code that it overlaps or touches. If states exclude
// each other, the parts of other codes' spans that it overlaps are removed.
export function withSpan(spans, added, exclusive) {
  if (isPoint(added)) return inOrder([...spans.filter((span) => !isSame(span, added)), added]);
  const joined = {...added};
  const kept = [];
  for (const span of spans) {
    if (isPoint(span)) kept.push(span);
    else if (span.code === added.code && span.start_s <= added.end_s && span.end_s >= added.start_s) {
      joined.start_s = Math.min(joined.start_s, span.start_s);
      joined.end_s = Math.max(joined.end_s, span.end_s);
    } else kept.push(...(exclusive && span.code !== added.code ? outside(span, added) : [span]));
  }
  return inOrder([...kept, joined]);
}

export function without(spans, removed) {
  return spans.filter((span) => !isSame(span, removed));
}

// Applies the changes from `base` to `mine` to `theirs`, the spans that the page has, such as those of another tab.
export function mergeSpans(base, mine, theirs) {
  const gone = base.filter((span) => !holds(mine, span));
  const added = mine.filter((span) => !holds(base, span) && !holds(theirs, span));
  return inOrder([...theirs.filter((span) => !holds(gone, span)), ...added]);
}

export function isSame(one, other) {
  return one.code === other.code && one.start_s === other.start_s && one.end_s === other.end_s;
}

export function holds(spans, wanted) {
  return spans.some((span) => isSame(span, wanted));
}

function outside(span, cut) {
  if (span.start_s >= cut.end_s || span.end_s <= cut.start_s) return [span];
  const before = {...span, end_s: cut.start_s};
  const after = {...span, start_s: cut.end_s};
  return [before, after].filter((part) => part.end_s > part.start_s);
}

function inOrder(spans) {
  return spans.sort((a, b) => a.start_s - b.start_s || a.end_s - b.end_s || (a.code < b.code ? -1 : 1));
}
