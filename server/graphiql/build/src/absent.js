// Stands in for Monaco's two diff editors, which its API module extends but this page never creates.
class AbsentEditor {
  constructor() {
    throw new Error('This page carries no diff editor.');
  }
}

export { AbsentEditor as DiffEditorWidget, AbsentEditor as MultiDiffEditorWidget };
