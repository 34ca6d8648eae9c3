use crate::scenes::Row;
pub fn render(rows: &[Row], binary: usize) -> String {
    let mut text = String::new();
    for row in rows {
        text += &format!("{:<60} {:>7} token {:>6} hash {:>6} own {:>6} calls {} searches {} vain {} best {:?} budget {:?}\n", row.label, row.worst, row.token, row.hashing, row.own(), row.calls, row.searches, row.vain, row.best, row.budget);
    }
    text += &format!("binary {binary}\n");
    text
}
