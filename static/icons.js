// @ts-check
// The icons of pages and panel: paths of a 24 by 24 grid, stroked. The templates read this file, too: one icon a line.

export const PATHS = Object.freeze({
  "menu": "M4 7h16M4 12h16M4 17h16",
  "mic": "M12 3a3 3 0 0 0-3 3v5a3 3 0 0 0 6 0V6a3 3 0 0 0-3-3ZM6 11a6 6 0 0 0 12 0M12 17v4",
  "muted": "M12 3a3 3 0 0 0-3 3v5a3 3 0 0 0 6 0V6a3 3 0 0 0-3-3ZM6 11a6 6 0 0 0 12 0M12 17v4M4 3l16 18",
  "wave": "M4 11v2M8 8v8M12 5v14M16 8v8M20 11v2",
  "check": "M5 13l4 4L19 7",
  "more": "M12 5h.01M12 12h.01M12 19h.01",
  "ear": "M4 14v-2a8 8 0 0 1 16 0v2M4 14a2 2 0 0 1 2-2h1v7H6a2 2 0 0 1-2-2ZM20 14a2 2 0 0 0-2-2h-1v7h1a2 2 0 0 0 2-2Z",
  "sliders": "M4 8h9M17 8h3M4 16h3M11 16h9M15 5.5a2.5 2.5 0 1 1 0 5 2.5 2.5 0 0 1 0-5ZM9 13.5a2.5 2.5 0 1 1 0 5 2.5 2.5 0 0 1 0-5Z",
  "plus": "M12 5v14M5 12h14",
  "dots": "M5 12h.01M12 12h.01M19 12h.01",
  "warning": "M12 4 3 20h18ZM12 10v4M12 17h.01",
  "gone": "M13 4h6v16h-6M10 8l-4 4 4 4M6 12h9",
  "cross": "M6 6l12 12M18 6 6 18",
  "dash": "M6 12h12",
  "seat": "M12 4a4 4 0 1 1 0 8 4 4 0 0 1 0-8ZM5 20a7 7 0 0 1 14 0",
  "link": "M10 14a4 4 0 0 0 6 0l3-3a4 4 0 0 0-6-6l-1 1M14 10a4 4 0 0 0-6 0l-3 3a4 4 0 0 0 6 6l1-1",
  "clock": "M12 4a8 8 0 1 1 0 16 8 8 0 0 1 0-16ZM12 8v4l3 2",
});
