// Everything here only makes easier what works without it. Modules listen on the document, so that what htmx swaps in
// later is served as well.
import "./dialogs.js";
import "./drafts.js";
import "./grid.js";
import "./keyboard.js";
import "./paste.js";
import "./pick.js";
import "./pickers.js";
import "./picked.js";
import "./roll.js";
import "./rows.js";
import "./session.js";
import "./submit-once.js";
import "./unsaved.js";
import "./upload.js";
