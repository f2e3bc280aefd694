//! What people read: the answers of the commands, letter by letter.
