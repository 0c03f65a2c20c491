//! Turns the corpus of a target into the folder of files that `cargo fuzz` works on, and such a folder back:
//! `cargo run -p lanrage-fuzz-targets --example corpus -- unpack stun`, and `pack` in its place.

use std::{env, fs, io};

use lanrage_fuzz_targets::corpus;

fn main() -> io::Result<()> {
    let words: Vec<String> = env::args().skip(1).collect();
    let [action, target] = words.as_slice() else {
        return Err(io::Error::other("unpack TARGET, or pack TARGET"));
    };
    let folder = corpus::file(target).with_extension("");
    match action.as_str() {
        "unpack" => {
            fs::create_dir_all(&folder)?;
            for (name, bytes) in corpus::read(target)? {
                fs::write(folder.join(name), bytes)?;
            }
            Ok(())
        }
        "pack" => {
            let input = |entry: io::Result<fs::DirEntry>| {
                let entry = entry?;
                Ok((entry.file_name().to_string_lossy().into_owned(), fs::read(entry.path())?))
            };
            let mut inputs = fs::read_dir(&folder)?.map(input).collect::<io::Result<Vec<_>>>()?;
            inputs.sort();
            corpus::write(target, &inputs)
        }
        _ => Err(io::Error::other("either unpack or pack")),
    }
}
