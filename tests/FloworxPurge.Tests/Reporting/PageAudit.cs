namespace FloworxPurge.Tests.Reporting;

/// <summary>Scripts that look at a page as an accessibility checker does. Each gives a list of what is wrong.</summary>
internal static class PageAudit
{
    /// <summary>Text that is hard to distinguish from its background: a contrast below 4.5, or below 3 for large text.</summary>
    public const string Contrast = """
        () => {
          const parse = text => {
            const numbers = (text.match(/[\d.]+/g) || ['0', '0', '0', '0']).map(Number);
            return { r: numbers[0], g: numbers[1], b: numbers[2], a: numbers.length > 3 ? numbers[3] : 1 };
          };
          const over = (top, under) => ({
            r: top.r * top.a + under.r * (1 - top.a), g: top.g * top.a + under.g * (1 - top.a), b: top.b * top.a + under.b * (1 - top.a), a: 1 });
          const light = color => {
            const part = value => { const c = value / 255; return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4; };
            return 0.2126 * part(color.r) + 0.7152 * part(color.g) + 0.0722 * part(color.b);
          };
          const ratio = (one, two) => {
            const [high, low] = [light(one), light(two)].sort((a, b) => b - a);
            return (high + 0.05) / (low + 0.05);
          };
          const behind = element => {
            const layers = [];
            for (let e = element; e; e = e.parentElement) { layers.push(parse(getComputedStyle(e).backgroundColor)); }
            return layers.reduceRight((under, top) => over(top, under), { r: 255, g: 255, b: 255, a: 1 });
          };
          const shapes = new Map();
          const behindDrawn = text => {
            const picture = text.ownerSVGElement;
            if (!shapes.has(picture)) { shapes.set(picture, [...picture.querySelectorAll('rect')].map(rect => [rect, rect.getBoundingClientRect()])); }
            const box = text.getBoundingClientRect();
            const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
            let color = behind(picture);
            for (const [rect, at] of shapes.get(picture)) {
              const isUnder = rect.compareDocumentPosition(text) & Node.DOCUMENT_POSITION_FOLLOWING;
              if (isUnder && at.left <= x && x <= at.right && at.top <= y && y <= at.bottom) { color = over(parse(getComputedStyle(rect).fill), color); }
            }
            return color;
          };
          const problems = [];
          const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
          let looked = 0;
          for (let node = walker.nextNode(); node; node = walker.nextNode()) {
            const element = node.parentElement;
            if (!node.data.trim() || element.closest('title, style, script')) { continue; }
            const style = getComputedStyle(element);
            const isDrawn = element instanceof SVGElement;
            const under = isDrawn ? behindDrawn(element) : behind(element);
            let opacity = 1;
            for (let e = element; e; e = e.parentElement) { opacity *= Number(getComputedStyle(e).opacity); }
            const color = parse(isDrawn ? style.fill : style.color);
            const contrast = ratio(over({ ...color, a: color.a * opacity }, under), under);
            const size = parseFloat(style.fontSize);
            const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
            looked++;
            if (contrast < (isLarge ? 3 : 4.5)) { problems.push(`${contrast.toFixed(2)} for "${node.data.trim().slice(0, 40)}" in ${element.tagName} ${element.className.baseVal ?? element.className}`); }
          }
          if (looked < 20) { problems.push(`only ${looked} texts`); }
          return problems;
        }
        """;

    /// <summary>Text that is not dark on white.</summary>
    public const string Paper = """
        () => {
          const problems = [];
          const sum = text => text.match(/[\d.]+/g).slice(0, 3).map(Number).reduce((a, b) => a + b, 0);
          for (const element of document.querySelectorAll('body, p, td, th, li, dt, dd, h1, h2, h3, figcaption, footer')) {
            const style = getComputedStyle(element);
            if (!element.matches('.badge') && sum(style.color) > 300) { problems.push(`light text in ${element.tagName}: ${style.color}`); }
            const isClear = style.backgroundColor === 'rgba(0, 0, 0, 0)';
            if (!element.matches('.badge') && !isClear && sum(style.backgroundColor) < 700) { problems.push(`dark paper in ${element.tagName}: ${style.backgroundColor}`); }
          }
          return problems;
        }
        """;

    /// <summary>Tables without a name, without headers, or with headers that do not say what they head.</summary>
    public const string Tables = """
        () => {
          const problems = [];
          const tables = [...document.querySelectorAll('table')];
          if (tables.length === 0) { problems.push('no table'); }
          for (const table of tables) {
            const named = table.querySelector('caption')?.textContent.trim() || table.getAttribute('aria-label')
              || document.getElementById(table.getAttribute('aria-labelledby') ?? '')?.textContent.trim();
            const what = named || table.textContent.trim().slice(0, 40);
            if (!named) { problems.push(`no name: ${what}`); }
            for (const header of table.querySelectorAll('th')) {
              if (!['col', 'row'].includes(header.scope)) { problems.push(`no scope in ${what}: ${header.textContent}`); }
              if (!header.textContent.trim() && header.scope === 'col') { problems.push(`an empty header in ${what}`); }
            }
            const columns = table.tHead ? table.tHead.rows[0].cells.length : null;
            for (const row of table.tBodies[0].rows) {
              if (!row.querySelector('th')) { problems.push(`a row without a header in ${what}`); }
              if (columns !== null && row.cells.length !== columns) { problems.push(`${row.cells.length} cells below ${columns} headers in ${what}`); }
            }
          }
          return problems;
        }
        """;

    /// <summary>What a screen reader finds its way by: headings in order, landmarks, names of pictures, language, ids.</summary>
    public const string Structure = """
        () => {
          const problems = [];
          let before = 0;
          for (const heading of document.querySelectorAll('h1, h2, h3, h4, h5, h6')) {
            const level = Number(heading.tagName[1]);
            if (level > before + 1) { problems.push(`h${level} after h${before}: ${heading.textContent}`); }
            if (!heading.textContent.trim()) { problems.push(`an empty h${level}`); }
            before = level;
          }
          for (const one of ['h1', 'main', 'body > header', 'body > footer', 'title']) {
            const selector = one === 'title' ? 'head > title' : one;
            const count = document.querySelectorAll(selector).length;
            if (count !== 1) { problems.push(`${count} of ${one}`); }
          }
          if (!document.documentElement.lang) { problems.push('no language'); }
          const ids = [...document.querySelectorAll('[id]')].map(element => element.id);
          for (const id of new Set(ids)) { if (ids.filter(other => other === id).length > 1) { problems.push(`twice the id ${id}`); } }
          for (const attribute of ['aria-labelledby', 'aria-describedby']) {
            for (const element of document.querySelectorAll(`[${attribute}]`)) {
              for (const id of element.getAttribute(attribute).split(/\s+/)) {
                if (!document.getElementById(id)?.textContent.trim()) { problems.push(`${attribute} points at nothing: ${id}`); }
              }
            }
          }
          for (const picture of document.querySelectorAll('svg')) {
            if (picture.getAttribute('role') !== 'img') { problems.push('a picture without the role img'); }
            if (!picture.getAttribute('aria-label') && !picture.getAttribute('aria-labelledby')) { problems.push('a picture without a name'); }
          }
          const regions = [...document.querySelectorAll('[role=region], section')].map(region => region.getAttribute('aria-label') ?? document.getElementById(region.getAttribute('aria-labelledby'))?.textContent);
          for (const name of regions) {
            if (!name) { problems.push('a region without a name'); }
            else if (regions.filter(other => other === name).length > 1) { problems.push(`two regions named ${name}`); }
          }
          return problems;
        }
        """;

    /// <summary>What makes the page wider than the window; a region that scrolls by itself does not.</summary>
    public const string Overflow = """
        () => {
          const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
          if (wide <= 0) { return []; }
          const outside = [...document.querySelectorAll('body *')].filter(element => !element.closest('.scroll') && element.getBoundingClientRect().right > document.documentElement.clientWidth + 1);
          return [`${wide} px too wide`, ...outside.slice(0, 5).map(element => `${element.tagName}.${element.className}`)];
        }
        """;

    /// <summary>
    /// Words that are cut in the middle of a line although they are no long names: a piece of a word in a line of its own.
    /// </summary>
    public const string BrokenWords = """
        () => {
          const problems = [];
          for (const cell of document.querySelectorAll('th[scope=col], td.number, dt')) {
            const range = document.createRange();
            for (const node of cell.childNodes) {
              if (node.nodeType !== Node.TEXT_NODE) { continue; }
              for (const word of node.data.matchAll(/\S+/g)) {
                range.setStart(node, word.index);
                range.setEnd(node, word.index + word[0].length);
                const lines = new Set([...range.getClientRects()].map(box => Math.round(box.top)));
                if (lines.size > 1) { problems.push(`${word[0]} in ${cell.tagName}`); }
              }
            }
          }
          return problems;
        }
        """;
}
