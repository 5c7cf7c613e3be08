// SPDX-License-Identifier: Apache-2.0
//
// What in the page is too faint, as texts: contrast as WCAG 2.2 computes it
// (relative luminance), 4.5:1 for text (1.4.3), 3:1 for dots, bars and
// frames that mean something (1.4.11). Colours are those that the browser
// computed. It ends with how many it looked at: none would be no proof.
(() => {
	const parse = (text) => {
		const m = text.match(/^rgba?\(([\d.]+), ([\d.]+), ([\d.]+)(?:, ([\d.]+))?\)$/);
		return m ? [+m[1], +m[2], +m[3], m[4] === undefined ? 1 : +m[4]] : null;
	};
	const luminance = (c) => {
		const [r, g, b] = c.slice(0, 3).map((v) => v / 255)
			.map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
		return 0.2126 * r + 0.7152 * g + 0.0722 * b;
	};
	const ratio = (a, b) => {
		const [x, y] = [luminance(a), luminance(b)].sort((p, q) => q - p);
		return (x + 0.05) / (y + 0.05);
	};
	const behind = (element) => {
		for (let e = element; e; e = e.parentElement) {
			const c = parse(getComputedStyle(e).backgroundColor);
			if (c && c[3] === 1)
				return c;
		}
		return [255, 255, 255, 1];
	};
	const bad = [];
	let texts = 0, things = 0;
	const check = (element, colour, ground, least, what) => {
		const c = parse(colour);
		const r = c && c[3] === 1 ? ratio(c, ground) : 0;
		if (r < least)
			bad.push(`${what}: ${colour} on ${ground}: ${r.toFixed(2)}`);
	};
	const seen = (e) => e.checkVisibility({ visibilityProperty: true });
	const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	for (let n; (n = walk.nextNode());) {
		const e = n.parentElement;
		if (!n.data.trim() || !seen(e) || e.closest("title, desc"))
			continue;
		const svg = e.closest("svg"), style = getComputedStyle(e);
		texts++;
		check(e, svg ? style.fill : style.color, behind(svg || e), 4.5, n.data.trim());
		for (const box of svg ? svg.querySelectorAll(".box") : [])
			check(e, style.fill, parse(getComputedStyle(box).fill), 4.5, n.data.trim());
	}
	for (const e of document.querySelectorAll("svg rect, svg .tip, svg .axis, .dot")) {
		if (!seen(e))
			continue;
		const style = getComputedStyle(e);
		const line = e.matches(".box, .axis");
		things++;
		check(e, e.closest("svg") ? style[line ? "stroke" : "fill"] : style.backgroundColor,
			behind(e.closest("svg") || e.parentElement), 3, e.getAttribute("class"));
	}
	return { bad, texts, things };
})()
