//! The page, as Markdown.

use std::fmt::Write;

use crate::{Cell, columns::COLUMNS, reasons};

/// Renders the page.
pub fn render(rows: &[(String, Vec<Cell>)]) -> String {
    let attempts: usize = rows.iter().flat_map(|(_, cells)| cells).map(Cell::attempts).sum();
    let filled = rows
        .iter()
        .flat_map(|(_, cells)| cells)
        .filter(|cell| cell.attempts() > 0)
        .count();
    let passing = rows
        .iter()
        .flat_map(|(_, cells)| cells)
        .filter(|cell| !cell.passed().is_empty())
        .count();
    let mut page = String::new();
    let _ = write!(
        page,
        "# Access matrix\n\n\
         Generated from `idl/kzte.json` by the test `matrix` of `kzte-tests`, which makes every attempt on the compiled\n\
         program from a world in which the instruction passes, and fails when this page is out of date.\n\n\
         {} instructions × {} columns: {filled} cells with {attempts} attempts. In {passing} cells an attempt passes, and\n\
         each says why it may. A dash: the instruction has no account that the column is about. After each refusal all\n\
         accounts of the instruction are as before.\n\n\
         | column | what is tried |\n| --- | --- |\n",
        rows.len(),
        COLUMNS.len()
    );
    for column in COLUMNS {
        let _ = writeln!(page, "| {} | {} |", column.name, column.what);
    }
    for (name, cells) in rows {
        let _ = write!(
            page,
            "\n## `{name}`\n\n| column | attempts | refused with | passes |\n| --- | ---: | --- | --- |\n"
        );
        for (column, cell) in COLUMNS.iter().zip(cells) {
            if cell.attempts() == 0 {
                let _ = writeln!(page, "| {} | – | – | |", column.name);
                continue;
            }
            let errors: Vec<String> = cell
                .outcomes
                .keys()
                .filter(|error| !error.is_empty())
                .map(|error| format!("`{error}`"))
                .collect();
            let passes = match cell.passed() {
                [] => String::new(),
                passed => {
                    let which = if passed.len() == cell.attempts() {
                        "all".to_owned()
                    } else {
                        passed.join("; ")
                    };
                    let reason = reasons::of(name, column.name).unwrap_or_default();
                    format!("{which}: {reason}")
                }
            };
            let errors = if errors.is_empty() {
                "–".to_owned()
            } else {
                errors.join(", ")
            };
            let _ = writeln!(
                page,
                "| {} | {} | {errors} | {passes} |",
                column.name,
                cell.attempts()
            );
        }
    }
    page
}
