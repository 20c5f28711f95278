//! What becomes of tables and times where there is little room, or none for the exact words.

use super::{
    driver::{Look, RUNTIME},
    page::{Page, browse},
    world::world,
};

/// Rows that are no cards, and cells with something to read that do not say which column they are of, by its own head.
/// Cells with nothing but buttons speak for themselves, and so do a name and its bar in a ranking.
const NO_CARDS: &str = "\
    const wrong = []; \
    const style = (element, pseudo) => getComputedStyle(element, pseudo); \
    for (const table of document.querySelectorAll('main table')) { \
      if (table.closest('.visually-hidden, .ranking') || !table.checkVisibility()) continue; \
      const heads = [...(table.tHead?.rows[0]?.cells ?? [])].map((it) => it.textContent.trim()); \
      for (const row of [...table.tBodies].flatMap((it) => [...it.rows])) { \
        if (style(row).display !== 'block') wrong.push(`a row is ${style(row).display}: ${row.innerText}`); \
        for (const cell of row.cells) { \
          if (style(cell).display === 'table-cell') wrong.push(`a cell stands in a row: ${cell.innerText}`); \
          const read = cell.cloneNode(true); \
          read.querySelectorAll('button, .btn, form, details, input').forEach((it) => it.remove()); \
          if (!read.textContent.trim()) continue; \
          const named = style(cell, '::before').content; \
          const head = heads[cell.cellIndex]; \
          if (!head || named !== JSON.stringify(head)) wrong.push(`“${cell.innerText}” is called ${named}, not ${head}`); \
        } \
      } \
    } \
    return wrong;";

/// Tables that are not cards, at the width of a phone.
pub async fn no_cards(page: &Page) -> Vec<String> {
    strings(page, NO_CARDS).await
}

/// What heads of tables are there for, and nobody can press: sorting, and ticking all rows.
const OUT_OF_REACH: &str = "\
    const wrong = []; \
    for (const it of document.querySelectorAll('main thead a, main thead input:not([hidden])')) { \
      if (it.closest('.visually-hidden, details:not([open])')) continue; \
      it.scrollIntoView({ block: 'center', behavior: 'instant' }); \
      const { left, top, width, height } = it.getBoundingClientRect(); \
      const there = document.elementFromPoint(left + width / 2, top + height / 2); \
      if (!width || !there || !it.contains(there)) wrong.push(`nobody can press ${it.outerHTML.slice(0, 160)}`); \
    } \
    return wrong;";

/// Heads of tables that cannot be pressed although the keyboard comes to them.
pub async fn out_of_reach(page: &Page) -> Vec<String> {
    strings(page, OUT_OF_REACH).await
}

/// Times without their exact moment behind the relative words: in the reader's own zone where scripts run, else as it is
/// written down.
const INEXACT: &str = "\
    return [...document.querySelectorAll('time')].filter((it) => { \
      const moment = new Date(it.dateTime); \
      if (!/^\\d{4}-\\d\\d-\\d\\dT/.test(it.dateTime) || Number.isNaN(moment.getTime())) return true; \
      if (!it.textContent.trim()) return true; \
      if (!SCRIPTS) return it.title !== it.dateTime; \
      const exact = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: 'long', timeStyle: 'short' }); \
      return it.title !== exact.format(moment); \
    }).map((it) => it.outerHTML);";

/// Times that do not tell their exact moment to whoever points at them.
pub async fn inexact(page: &Page) -> Vec<String> {
    let script = INEXACT.replace("SCRIPTS", &page.look.scripts.to_string());
    strings(page, &script).await
}

async fn strings(page: &Page, script: &str) -> Vec<String> {
    let found = page.run(script).await;
    let all = found.as_array().expect("a list").iter();
    all.map(|it| it.as_str().unwrap_or_default().to_owned())
        .collect()
}

/// Where there is room they are tables, and whoever looks for cards finds none.
#[test]
fn at_a_desk_tables_are_tables() {
    let world = RUNTIME.block_on(world());
    browse(Look::DESKTOP, &world.site.portus.url(), async |page| {
        page.become_user("root").await;
        page.open("/admin/activities").await;
        assert!(!no_cards(&page).await.is_empty());
        page.open("/repositories").await;
        assert!(inexact(&page).await.is_empty());
        assert_eq!(out_of_reach(&page).await, [""; 0]);
        page.run(
            "for (const it of document.querySelectorAll('thead')) it.style.clipPath = 'inset(50%)'",
        )
        .await;
        assert!(!out_of_reach(&page).await.is_empty());
        page.run("document.querySelector('time').title = ''").await;
        assert_eq!(inexact(&page).await.len(), 1);
    });
}
